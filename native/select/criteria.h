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
  // The value to find: text; for other values, their str() in Python.
  std::string value;
  // The value itself if a YAML selector gives one that is no text. Only the method config matches
  // such a value.
  std::optional<Cell> other_value;
  bool childrens_parents = false;  // "@"
  bool parents = false;            // "+" before
  bool children = false;           // "+" behind
  uint64_t parents_depth = kAnyDepth;
  uint64_t children_depth = kAnyDepth;
  IndirectSelection indirect_selection = IndirectSelection::kEager;
};

// Sets the method of a written name: "config.materialized" is the method config with the argument
// "materialized". Throws SelectionError for an unknown name.
void SetMethod(Criteria& criteria, std::string_view name, const Dialect& dialect);

// The method of a value that names none: path, file or fqn.
Method DefaultMethod(std::string_view value);

// The depth written in a criterion; "" is any depth. Throws SelectionError.
uint64_t ParseDepth(std::string_view text);

// Parses one criterion, without the spaces and commas of unions and intersections. Throws
// SelectionError.
Criteria ParseCriteria(std::string_view raw, IndirectSelection indirect_selection,
                       const Dialect& dialect);

// Throws SelectionError for "@" together with "+" behind; `raw` is for the message.
void CheckOperators(const Criteria& criteria, std::string_view raw);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_CRITERIA_H_
