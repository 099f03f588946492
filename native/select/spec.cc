#include "select/spec.h"

#include <utility>

namespace flatmanifest {

namespace {

Spec ParseUnion(std::vector<std::string> texts, bool expect_exists,
                IndirectSelection indirect_selection, const Dialect& dialect) {
  for (const std::string& text : texts) {
    ForEachPart(text, ' ', [&](std::string_view intersection) {
      ForEachPart(intersection, ',', [&](std::string_view criteria) {
        ParseCriteria(criteria, indirect_selection, dialect);
      });
    });
  }
  Spec spec;
  spec.kind = Spec::Kind::kWritten;
  spec.written = {std::move(texts), indirect_selection, expect_exists};
  return spec;
}

}  // namespace

Spec ParseDifference(const std::optional<std::vector<std::string>>& select,
                     const std::vector<std::string>& exclude, IndirectSelection indirect_selection,
                     const Dialect& dialect) {
  static const std::vector<std::string> kEverything = {"fqn:*", "source:*", "exposure:*",
                                                       "metric:*", "semantic_model:*"};
  Spec difference;
  difference.kind = Spec::Kind::kDifference;
  difference.components.push_back(
      ParseUnion(select ? *select : kEverything, select.has_value(), indirect_selection, dialect));
  difference.components.push_back(ParseUnion(exclude, true, indirect_selection, dialect));
  return difference;
}

}  // namespace flatmanifest
