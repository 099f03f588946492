#include "select/spec.h"

#include <utility>

#include "select/python_text.h"

namespace flatmanifest {

namespace {

Spec CriteriaSpec(std::string_view raw, IndirectSelection indirect_selection) {
  Spec spec;
  spec.kind = Spec::Kind::kCriteria;
  spec.criteria = ParseCriteria(raw, indirect_selection);
  return spec;
}

// Spaces mean unions, and commas the intersections that these are of.
Spec ParseUnion(const std::vector<std::string>& texts, bool expect_exists,
                IndirectSelection indirect_selection) {
  Spec united;
  united.kind = Spec::Kind::kUnion;
  united.indirect_selection = indirect_selection;
  for (const std::string& text : texts) {
    for (const std::string_view raw : Split(text, ' ')) {
      Spec intersection;
      intersection.kind = Spec::Kind::kIntersection;
      intersection.indirect_selection = indirect_selection;
      if (expect_exists) intersection.expected = std::string(raw);
      for (const std::string_view part : Split(raw, ',')) {
        intersection.components.push_back(CriteriaSpec(part, indirect_selection));
      }
      united.components.push_back(std::move(intersection));
    }
  }
  return united;
}

}  // namespace

Spec ParseDifference(const std::optional<std::vector<std::string>>& select,
                     const std::vector<std::string>& exclude,
                     IndirectSelection indirect_selection) {
  static const std::vector<std::string> kEverything = {"fqn:*", "source:*", "exposure:*",
                                                       "metric:*", "semantic_model:*"};
  Spec difference;
  difference.kind = Spec::Kind::kDifference;
  difference.components.push_back(
      ParseUnion(select ? *select : kEverything, select.has_value(), indirect_selection));
  difference.components.push_back(ParseUnion(exclude, true, indirect_selection));
  return difference;
}

IndirectSelection ParseIndirectSelection(std::string_view name) {
  if (name == "eager") return IndirectSelection::kEager;
  if (name == "cautious") return IndirectSelection::kCautious;
  if (name == "buildable") return IndirectSelection::kBuildable;
  if (name == "empty") return IndirectSelection::kEmpty;
  throw SelectionError(Repr(name) + " is not a valid IndirectSelection");
}

}  // namespace flatmanifest
