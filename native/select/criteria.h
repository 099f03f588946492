// One selection criterion, "2+tag:nightly+3": a method, its value, and the relatives to add.
//
// Follows dbt/graph/selector_spec.py, class SelectionCriteria.

#ifndef FLATMANIFEST_SELECT_CRITERIA_H_
#define FLATMANIFEST_SELECT_CRITERIA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "graph/traversal.h"
#include "select/dialect.h"
#include "select/request.h"

namespace flatmanifest {

// dbt/graph/selector_methods.py, class MethodName.
enum class Method : uint8_t {
  kFqn,
  kTag,
  kGroup,
  kAccess,
  kSource,
  kPath,
  kFile,
  kPackage,
  kConfig,
  kTestName,
  kTestType,
  kResourceType,
  kState,
  kExposure,
  kMetric,
  kResult,
  kSourceStatus,
  kVersion,
  kSemanticModel,
  kSavedQuery,
  kUnitTest,
  kSelector,
};

std::string_view MethodName(Method method);

struct Criteria {
  Method method = Method::kFqn;
  std::vector<std::string> arguments;  // config.meta.owner: {"meta", "owner"}
  // What is looked for: text, as Python's str() gives it for other values.
  std::string value;
  // The value itself where a YAML selector has one that is no text; such a value matches in config
  // only.
  std::optional<Cell> other_value;
  bool childrens_parents = false;  // "@"
  bool parents = false;            // "+" before
  bool children = false;           // "+" behind
  uint64_t parents_depth = kAnyDepth;
  uint64_t children_depth = kAnyDepth;
  IndirectSelection indirect_selection = IndirectSelection::kEager;
};

// The method that is written `name`, if any: "config.materialized" has the method config and the
// argument "materialized". Throws SelectionError for an unknown one.
void SetMethod(Criteria& criteria, std::string_view name, const Dialect& dialect);

// The method of a value without one: path, file or fqn.
Method DefaultMethod(std::string_view value);

// The depth that is written in a criterion, "" meaning any. Throws SelectionError.
uint64_t ParseDepth(std::string_view text);

// Parses one criterion, without spaces and commas that mean unions and intersections. Throws
// SelectionError.
Criteria ParseCriteria(std::string_view raw, IndirectSelection indirect_selection,
                       const Dialect& dialect);

// Throws SelectionError for "@" together with "+" behind; `raw` is for the message.
void CheckOperators(const Criteria& criteria, std::string_view raw);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_CRITERIA_H_
