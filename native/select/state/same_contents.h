// Compares a resource with its earlier state: the same_… methods of dbt/contracts/graph/nodes.py.

#ifndef FLATMANIFEST_SELECT_STATE_SAME_CONTENTS_H_
#define FLATMANIFEST_SELECT_STATE_SAME_CONTENTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "select/dialect.h"
#include "select/state/resource.h"

namespace flatmanifest {

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
  bool SameBody(const Resource& now, const Resource& old);
  bool SameConfig(const Resource& now, const Resource& old) const;
  bool SamePersistedDescription(const Resource& now, const Resource& old) const;
  bool SameRelation(const Resource& now, const Resource& old) const;
  // Always true for resources other than models.
  bool SameContract(const Resource& now, const Resource& old);

 private:
  bool SameNode(const Resource& now, const Resource& old);

  const std::string_view adapter_type_;
  const bool compare_more_unrendered_values_;
  const Dialect& dialect_;
  std::vector<std::string>& warnings_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_SAME_CONTENTS_H_
