// dbt's types of resources: dbt/artifacts/resources/types.py (NodeType) and those that `dbt ls`
// lists (dbt/task/list.py).

#ifndef FLATMANIFEST_SELECT_RESOURCE_TYPES_H_
#define FLATMANIFEST_SELECT_RESOURCE_TYPES_H_

#include <algorithm>
#include <iterator>
#include <string_view>

namespace flatmanifest {

inline constexpr std::string_view kResourceTypes[] = {
    "model",   "analysis", "test",      "snapshot",    "operation",     "seed", "rpc",
    "source",  "macro",    "metric",    "exposure",    "group",         "doc",  "sql_operation",
    "fixture", "function", "unit_test", "saved_query", "semantic_model"};

// The types that `dbt ls` lists without --resource-type. "all" adds analyses.
inline constexpr std::string_view kListedTypes[] = {
    "model",  "snapshot", "seed",        "test",           "source",   "exposure",
    "metric", "function", "saved_query", "semantic_model", "unit_test"};

inline bool IsResourceType(std::string_view name) {
  return std::find(std::begin(kResourceTypes), std::end(kResourceTypes), name) !=
         std::end(kResourceTypes);
}

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_RESOURCE_TYPES_H_
