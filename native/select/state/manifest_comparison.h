// The resources of a manifest beside those of an earlier one.
//
// Follows dbt/graph/selector_methods.py: SelectorMethod.all_nodes and StateSelectorMethod.search.

#ifndef FLATMANIFEST_SELECT_STATE_MANIFEST_COMPARISON_H_
#define FLATMANIFEST_SELECT_STATE_MANIFEST_COMPARISON_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "select/dialect.h"
#include "select/state/modified_macros.h"
#include "select/state/resource.h"
#include "select/state/same_contents.h"

namespace flatmanifest {

// Borrows everything that it is made of.
class ManifestComparison {
 public:
  // `compare_more_unrendered_values` and `warnings` are those of ContentsComparison.
  ManifestComparison(const Document& document, const Document& previous,
                     bool compare_more_unrendered_values, const Dialect& dialect,
                     std::vector<std::string>& warnings);

  const Document& document() const { return document_; }
  ContentsComparison& contents() { return contents_; }
  // Made when they are first asked for, in time linear in the macros.
  ModifiedMacros& macros();

  // Calls visit(row, unique_id, resource) for the resources of the graph, in the order in which dbt
  // compares them.
  template <typename Visit>
  void ForEachResource(Visit visit) const {
    for (const Collection collection : kSearched) {
      // The analyzer does not see the constructor, which is in another file.
      // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage)
      const Value members = RootOf(document_).Get(CollectionName(collection));
      ForEachMember(members, [&](std::string_view id, const Value& value) {
        visit(document_.FindRow(id), id, Resource{value, collection});
      });
    }
  }

  // The earlier state of a resource; nothing for a new one. O(log resources).
  std::optional<Resource> FindPrevious(std::string_view unique_id) const;
  // Whether dbt compares a collection of the earlier manifest. Metrics before dbt 1.6 had another
  // form; dbt ignores them.
  bool IsCompared(Collection collection) const {
    return collection != Collection::kMetrics || previous_version_ > 9;
  }

  // Calls visit(unique_id, model) for each model that was removed or is now disabled, in the order
  // of the earlier manifest. `model` is the disabled one if there is one. Follows
  // StateSelectorMethod.search and check_modified_contract.
  template <typename Visit>
  void ForEachRemovedModel(Visit visit) const {
    const Value disabled = RootOf(document_).Get("disabled");
    const Value nodes = RootOf(document_).Get("nodes");
    ForEachMember(RootOf(previous_).Get("nodes"), [&](std::string_view id, const Value& old) {
      std::optional<Value> removed;
      if (const auto entries = disabled.Find(id)) {
        ForEachElement(*entries, [&](const Value& entry) {
          if (!removed) removed = entry;
        });
      } else if (!nodes.Find(id)) {
        removed = old;
      }
      if (!removed) return;
      const Resource resource{*removed, Collection::kNodes};
      if (resource.IsModel()) visit(id, resource);
    });
  }

 private:
  // dbt's order, which its warnings have too.
  static constexpr Collection kSearched[] = {Collection::kNodes,        Collection::kSources,
                                             Collection::kExposures,    Collection::kMetrics,
                                             Collection::kUnitTests,    Collection::kSemanticModels,
                                             Collection::kSavedQueries, Collection::kFunctions};

  const Document& document_;
  const Document& previous_;
  const int previous_version_;  // of the earlier manifest's schema; 12 if it has none
  ContentsComparison contents_;
  std::optional<ModifiedMacros> macros_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_MANIFEST_COMPARISON_H_
