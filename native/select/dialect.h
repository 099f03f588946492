// What differs between the releases of dbt that selection and listing follow.

#ifndef FLATMANIFEST_SELECT_DIALECT_H_
#define FLATMANIFEST_SELECT_DIALECT_H_

#include <string_view>

#include "format/document.h"

namespace flatmanifest {

struct Dialect {
  // "ord*" finds shop.marts.orders by its name, however deep it lies. Since 1.11.16 and 1.12.6.
  bool wildcards_find_names = true;
  // selector:NAME is a method, and YAML selectors stand in the manifest with their inheritance
  // unresolved. Since 1.12.0.
  bool has_selector_method = false;
  // How a warning names the size from which on seeds are not hashed. "1MiB" since 1.12.0.
  std::string_view seed_limit = "1MB";
  // How the warning of a state directory that is the target begins. Not at all since 1.12.0.
  std::string_view state_warning_tag = "Warning: ";
  // The keys of dbt ls are shown in their order, "config.enabled" being a field of a field; if not,
  // in the resource's order. Since 1.11.0.
  bool has_key_paths = true;
  // dbt ls shows models' direct_parents, which no manifest has. Since 1.12.0.
  bool lists_direct_parents = false;
};

// The dialect of a release, "1.11.16"; that of 1.11.16 for text that is no version.
Dialect DialectOf(std::string_view dbt_version);

// The version of the dbt that wrote a manifest, "" if it does not say.
std::string_view DbtVersion(const Document& document);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_DIALECT_H_
