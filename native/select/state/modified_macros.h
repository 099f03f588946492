// Macros that changed between two manifests, and the resources that depend on them.
//
// Follows dbt/graph/selector_methods.py, StateSelectorMethod: _macros_modified and
// recursively_check_macros_modified.

#ifndef FLATMANIFEST_SELECT_STATE_MODIFIED_MACROS_H_
#define FLATMANIFEST_SELECT_STATE_MODIFIED_MACROS_H_

#include <string_view>
#include <unordered_set>
#include <vector>

#include "select/state/resource.h"

namespace flatmanifest {

// Borrows both documents.
class ModifiedMacros {
 public:
  ModifiedMacros(const Document& document, const Document& previous);

  // Whether a resource depends, directly or through other macros, on a macro that is new, removed
  // or changed. Throws SelectionError where dbt fails: for a macro that does not exist. Remembers
  // which macros use none, so that all resources together take time linear in the macros and the
  // resources' dependencies, unless most of them use a modified one.
  bool AreUsedBy(const Resource& resource);

  // unique_ids, in the order of their manifest, of which they are parts.
  const std::vector<std::string_view>& added() const { return added_; }
  const std::vector<std::string_view>& removed() const { return removed_; }
  const std::vector<std::string_view>& changed() const { return changed_; }

 private:
  const Document& document_;
  std::vector<std::string_view> added_;
  std::vector<std::string_view> removed_;
  std::vector<std::string_view> changed_;
  std::unordered_set<std::string_view> modified_;    // all of the above
  std::unordered_set<std::string_view> unmodified_;  // known to use no modified macro
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_MODIFIED_MACROS_H_
