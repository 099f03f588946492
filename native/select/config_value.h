// Values of a resource's config, as config.NAME.NAME of a selector finds them.
//
// dbt looks on its config objects, not in the JSON that these are written as: names that a manifest
// leaves out have the default of their class, names of Python's methods hide keys, and parts that
// are dataclasses have their own fields only. Follows dbt/graph/selector_methods.py
// (ConfigSelectorMethod, _getattr_descend) and dbt/artifacts/resources/v1/*.py.

#ifndef FLATMANIFEST_SELECT_CONFIG_VALUE_H_
#define FLATMANIFEST_SELECT_CONFIG_VALUE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"

namespace flatmanifest {

// A str if `text` is set, else the value of `cell`, which is none.
struct ConfigValue {
  Cell cell;
  std::optional<std::string_view> text;
};

// What config.NAME.NAME... is for the resource of `row`, a node or source; nothing where Python
// finds no attribute, or one that equals no value. `names` must not be empty. Sets `in_meta` if dbt
// would warn that the first name is a key of meta only.
std::optional<ConfigValue> FindConfigValue(const Document& document, Row row,
                                           const std::vector<std::string>& names, bool& in_meta);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_CONFIG_VALUE_H_
