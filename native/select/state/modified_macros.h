// Macros that changed between two manifests, and the resources that depend on them.
//
// Follows dbt/graph/selector_methods.py, StateSelectorMethod: _macros_modified and
// recursively_check_macros_modified.

#ifndef FLATMANIFEST_SELECT_STATE_MODIFIED_MACROS_H_
#define FLATMANIFEST_SELECT_STATE_MODIFIED_MACROS_H_

#include <string_view>
#include <unordered_set>

#include "select/state/resource.h"

namespace flatmanifest {

// Borrows both documents.
class ModifiedMacros {
 public:
  ModifiedMacros(const Document& document, const Document& previous);

  // Whether a resource depends, directly or through other macros, on a macro that is new, removed
  // or changed. Throws SelectionError where dbt fails: for a macro that does not exist.
  bool AreUsedBy(const Resource& resource) const;

 private:
  const Document& document_;
  std::unordered_set<std::string_view> modified_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_MODIFIED_MACROS_H_
