// The project's YAML selectors. dbt writes them into the manifest with their text forms parsed
// (dbt/config/selectors.py, SelectorDict).
//
// Follows dbt/graph/cli.py (parse_from_definition) and dbt/config/selectors.py (SelectorConfig).

#ifndef FLATMANIFEST_SELECT_YAML_SELECTORS_H_
#define FLATMANIFEST_SELECT_YAML_SELECTORS_H_

#include <optional>
#include <string>
#include <vector>

#include "format/document.h"
#include "select/spec.h"

namespace flatmanifest {

class YamlSelectors {
 public:
  // Parses all selectors, as dbt does even if none is used. `indirect_selection` is for definitions
  // without one. Throws SelectionError.
  YamlSelectors(const Document& document, IndirectSelection indirect_selection,
                const Dialect& dialect);

  // The selector of that name. Throws SelectionError if there is none.
  const Spec& Find(const std::string& name) const;
  // The default selector, used if nothing is selected explicitly; null if there is none.
  const Spec* Default() const { return default_ ? &selectors_[*default_].spec : nullptr; }

  struct Selector {
    std::string name;
    Spec spec;
    std::string definition;  // as Python shows it
  };
  // All selectors, in the manifest's order.
  const std::vector<Selector>& all() const { return selectors_; }

 private:
  std::vector<Selector> selectors_;
  std::optional<size_t> default_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_YAML_SELECTORS_H_
