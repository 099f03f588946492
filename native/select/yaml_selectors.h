// The project's YAML selectors, which dbt writes into the manifest with their text forms taken
// apart (dbt/config/selectors.py, SelectorDict).
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
  // Parses all of them, as dbt does even if none is asked for. `indirect_selection` is for
  // definitions that do not say it. Throws SelectionError.
  YamlSelectors(const Document& document, IndirectSelection indirect_selection,
                const Dialect& dialect);

  // Throws SelectionError if there is none of that name.
  const Spec& Find(const std::string& name) const;
  // The selector that is used where nothing is selected by hand, if any.
  const Spec* Default() const { return default_ ? &selectors_[*default_].spec : nullptr; }

  struct Selector {
    std::string name;
    Spec spec;
    std::string definition;  // as Python shows it
  };
  // In the manifest's order.
  const std::vector<Selector>& all() const { return selectors_; }

 private:
  std::vector<Selector> selectors_;
  std::optional<size_t> default_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_YAML_SELECTORS_H_
