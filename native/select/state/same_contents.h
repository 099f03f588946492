// Compares a resource with its earlier state: the same_… methods of dbt/contracts/graph/nodes.py.

#ifndef FLATMANIFEST_SELECT_STATE_SAME_CONTENTS_H_
#define FLATMANIFEST_SELECT_STATE_SAME_CONTENTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "select/dialect.h"
#include "select/state/contract_comparison.h"
#include "select/state/resource.h"

namespace flatmanifest {

// How a resource differs from its earlier state.
struct ContentsDifferences {
  // The parts that dbt compares and that differ: "body", "configs", "persisted_descriptions",
  // "relation" and "contract", as state:modified.… calls them, and names of fields. Empty if
  // SameContents.
  std::vector<std::string_view> parts{};
  std::vector<BreakingChange> breaks{};  // of the contract
};

// Compares resources of two manifests that have the same unique_id. Appends dbt's warnings.
//
// `compare_more_unrendered_values`: dbt's flag state_modified_compare_more_unrendered_values, which
// is not in a manifest.
class ContentsComparison {
 public:
  ContentsComparison(std::string_view adapter_type, bool compare_more_unrendered_values,
                     const Dialect& dialect, std::vector<std::string>& warnings)
      : adapter_type_(adapter_type),
        compare_more_unrendered_values_(compare_more_unrendered_values),
        dialect_(dialect),
        warnings_(warnings) {}

  // Whether a class of resources has these parts; parts that it lacks never count as changed.
  static bool HasBody(const Resource& resource) { return resource.IsNode(); }
  static bool HasConfig(const Resource& resource) {
    return resource.collection != Collection::kUnitTests;
  }
  static bool HasRelation(const Resource& resource) {
    return resource.IsNode() || resource.collection == Collection::kSources;
  }

  // Throws SelectionError for a broken contract.
  bool SameContents(const Resource& now, const Resource& old);
  // The same comparison to its end, which returns broken contracts instead of warning or throwing.
  ContentsDifferences Differences(const Resource& now, const Resource& old);
  bool SameBody(const Resource& now, const Resource& old);
  bool SameConfig(const Resource& now, const Resource& old) const;
  bool SamePersistedDescription(const Resource& now, const Resource& old) const;
  bool SameRelation(const Resource& now, const Resource& old) const;
  // Always true for resources other than models.
  bool SameContract(const Resource& now, const Resource& old);

 private:
  // Both call part(name, same) for the parts of a class of resources in turn, where same() says
  // whether it is equal, until part returns false. Return whether it never did.
  template <typename Part>
  bool CompareParts(const Resource& now, const Resource& old, Part part);
  template <typename Part>
  bool CompareNodeParts(const Resource& now, const Resource& old, Part part);

  const std::string_view adapter_type_;
  const bool compare_more_unrendered_values_;
  const Dialect& dialect_;
  std::vector<std::string>& warnings_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_SAME_CONTENTS_H_
