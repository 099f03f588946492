// A parsed selection: criteria, combined by unions, intersections and differences.
//
// Follows dbt/graph/selector_spec.py (BaseSelectionGroup) and dbt/graph/cli.py (parse_difference).

#ifndef FLATMANIFEST_SELECT_SPEC_H_
#define FLATMANIFEST_SELECT_SPEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "select/criteria.h"
#include "select/selection.h"

namespace flatmanifest {

struct Spec {
  enum class Kind : uint8_t { kCriteria, kUnion, kIntersection, kDifference };

  Kind kind = Kind::kUnion;
  Criteria criteria;             // of kCriteria
  std::vector<Spec> components;  // of the others; a difference takes all from the first
  IndirectSelection indirect_selection = IndirectSelection::kEager;
  // As the user typed it, if dbt warns when it selects nothing.
  std::optional<std::string> expected;
};

// The spec of --select and --exclude. Without `select`, everything is selected. Throws
// SelectionError.
Spec ParseDifference(const std::optional<std::vector<std::string>>& select,
                     const std::vector<std::string>& exclude, IndirectSelection indirect_selection);

// The mode that dbt calls `name`. Throws SelectionError.
IndirectSelection ParseIndirectSelection(std::string_view name);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_SPEC_H_
