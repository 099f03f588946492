// A parsed selection: criteria, combined by unions, intersections and differences.
//
// Follows dbt/graph/selector_spec.py (BaseSelectionGroup) and dbt/graph/cli.py (parse_difference).

#ifndef FLATMANIFEST_SELECT_SPEC_H_
#define FLATMANIFEST_SELECT_SPEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "select/criteria.h"
#include "select/request.h"

namespace flatmanifest {

// The text of --select: a union (spaces) of intersections (commas) of criteria. It stays text until
// it is evaluated, because there may be a million criteria.
struct WrittenUnion {
  std::vector<std::string> texts;
  IndirectSelection indirect_selection = IndirectSelection::kEager;
  bool expect_exists = false;  // warn of intersections that nothing matches
};

struct Spec {
  enum class Kind : uint8_t { kCriteria, kWritten, kUnion, kIntersection, kDifference };

  Kind kind = Kind::kUnion;
  Criteria criteria;             // of kCriteria
  WrittenUnion written;          // of kWritten
  std::vector<Spec> components;  // of the others; a difference takes all from the first
};

// The spec of --select and --exclude. Without `select`, it selects everything. Throws
// SelectionError if any part cannot be parsed.
Spec ParseDifference(const std::optional<std::vector<std::string>>& select,
                     const std::vector<std::string>& exclude, IndirectSelection indirect_selection,
                     const Dialect& dialect);

// Calls visit(part) for each part of str.split(separator).
template <typename Visit>
void ForEachPart(std::string_view text, char separator, Visit visit) {
  size_t begin = 0;
  for (size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator, begin)) {
    visit(text.substr(begin, end - begin));
    begin = end + 1;
  }
  visit(text.substr(begin));
}

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_SPEC_H_
