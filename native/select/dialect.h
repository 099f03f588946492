// The differences between releases of dbt in selection and listing.

#ifndef FLATMANIFEST_SELECT_DIALECT_H_
#define FLATMANIFEST_SELECT_DIALECT_H_

#include <string_view>

#include "format/document.h"

namespace flatmanifest {

struct Dialect {
  // "ord*" finds shop.marts.orders by its name, at any depth. Since 1.11.16 and 1.12.6.
  bool wildcards_find_names = true;
  // selector:NAME is a method, and the manifest has YAML selectors with unresolved inheritance.
  // Since 1.12.0.
  bool has_selector_method = false;
  // The size from which seeds are not hashed, in a warning. "1MiB" since 1.12.0.
  std::string_view seed_limit = "1MB";
  // The beginning of the warning that the state directory is the target. Empty since 1.12.0.
  std::string_view state_warning_tag = "Warning: ";
  // The keys of dbt ls are shown in their own order, and "config.enabled" is a field of a field.
  // Without this, fields are shown in the resource's order. Since 1.11.0.
  bool has_key_paths = true;
  // dbt ls shows models' direct_parents, which are in no manifest. Since 1.12.0.
  bool lists_direct_parents = false;
};

// The dialect of a release, for example "1.11.16"; the dialect of 1.11.16 for text that is no
// version.
Dialect DialectOf(std::string_view dbt_version);

// The version of the dbt that wrote a manifest; "" if the manifest has none.
std::string_view DbtVersion(const Document& document);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_DIALECT_H_
