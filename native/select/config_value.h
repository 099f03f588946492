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
#include <unordered_map>
#include <vector>

#include "format/document.h"

namespace flatmanifest {

// A str if `text` is set, else the value of `cell`, which is none.
struct ConfigValue {
  Cell cell;
  std::optional<std::string_view> text;
};

// Finds config.NAME.NAME... of one resource after the other. Borrows document and names; not for
// several threads at once.
class ConfigPath {
 public:
  // `names` must not be empty.
  ConfigPath(const Document& document, const std::vector<std::string>& names);
  ~ConfigPath();

  // The value for the resource of `row`, a node or source; nothing where Python finds no attribute,
  // or one that equals no value. Sets `in_meta` if dbt would warn that the first name is a key of
  // meta only.
  std::optional<ConfigValue> Find(Row row, bool& in_meta);

 private:
  struct Step;

  const Step& StepOf(Row row);
  std::optional<Cell> FindFirst(Cell config);
  std::optional<Cell> ExtraOf(Cell config) const;

  const Document& document_;
  const std::vector<std::string>& names_;
  // What the first name means, by the class of config; by the type of resources; and where it
  // stands in a shape.
  std::vector<Step> steps_;
  std::unordered_map<StringId, size_t> step_of_type_;
  std::unordered_map<ShapeId, std::optional<uint32_t>> places_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_CONFIG_VALUE_H_
