// Values of a resource's config, as a selector's config.NAME.NAME finds them.
//
// dbt searches its config objects, not the JSON that they are written as. So names that a manifest
// leaves out have their class's default, names of Python methods hide keys, and parts that are
// dataclasses have only their own fields. Follows dbt/graph/selector_methods.py
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

// A str if `text` is set, else the value of `cell`, which is no str.
struct ConfigValue {
  Cell cell;
  std::optional<std::string_view> text;
};

// Finds config.NAME.NAME... for one resource after another. Borrows document and names. Not for
// several threads at once.
class ConfigPath {
 public:
  // `names` must not be empty.
  ConfigPath(const Document& document, const std::vector<std::string>& names);
  ~ConfigPath();

  // The value for the resource of `row`, a node or source; nothing if Python finds no attribute, or
  // one that equals no value. Sets `in_meta` if dbt would warn that the first name is only a key of
  // meta.
  std::optional<ConfigValue> Find(Row row, bool& in_meta);

 private:
  struct Step;

  const Step& StepOf(Row row);
  std::optional<Cell> FindFirst(Cell config);
  std::optional<Cell> ExtraOf(Cell config) const;

  const Document& document_;
  const std::vector<std::string>& names_;
  // The meanings of the first name by class of config, their indexes by type of resource, and the
  // place of the name in each shape.
  std::vector<Step> steps_;
  std::unordered_map<StringId, size_t> step_of_type_;
  std::unordered_map<ShapeId, std::optional<uint32_t>> places_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_CONFIG_VALUE_H_
