// dbt's selection methods: what tag:, path:, config.…: and the others match.
//
// Follows dbt/graph/selector_methods.py, one function for each class there.

#ifndef FLATMANIFEST_SELECT_METHODS_H_
#define FLATMANIFEST_SELECT_METHODS_H_

#include <optional>
#include <string>
#include <vector>

#include "format/document.h"
#include "graph/row_set.h"
#include "select/criteria.h"
#include "select/fqn_index.h"
#include "select/known_paths.h"
#include "select/request.h"

namespace flatmanifest {

// What one document's selections search in besides its columns.
struct LazyTables {
  LazyManifestPaths paths;
  LazyFqnIndex names;
};

// Searches one document for the sake of one selection. Not for several threads at once.
class MethodSearch {
 public:
  // Borrows all of them. Warnings are appended.
  MethodSearch(const Document& document, const LazyTables& tables, const SelectionRequest& request,
               const Dialect& dialect, std::vector<std::string>& warnings)
      : document_(document),
        dialect_(dialect),
        tables_(tables),
        request_(request),
        warnings_(warnings) {
    if (request.project_directory) directory_paths_.emplace(*request.project_directory);
  }

  // The rows of `included` that the criteria's method and value match, without its operators. Not
  // for the method selector, which takes an evaluation.
  // Throws SelectionError.
  RowSet Search(const Criteria& criteria, const RowSet& included);

 private:
  // For values that are text, or that are taken as such.
  RowSet SearchText(const Criteria& criteria, const RowSet& included);
  // For the other values that YAML has. dbt matches nothing with them, or fails with some error of
  // Python's; so does this, with an error of its own.
  RowSet SearchOther(const Criteria& criteria, const RowSet& included);
  RowSet SearchName(const Criteria& criteria, const RowSet& included);
  RowSet SearchFqn(const Criteria& criteria, const RowSet& included);
  RowSet SearchTag(const Criteria& criteria, const RowSet& included);
  RowSet SearchGroup(const Criteria& criteria, const RowSet& included);
  RowSet SearchAccess(const Criteria& criteria, const RowSet& included);
  RowSet SearchPath(const Criteria& criteria, const RowSet& included);
  RowSet SearchFile(const Criteria& criteria, const RowSet& included);
  RowSet SearchPackage(const Criteria& criteria, const RowSet& included);
  RowSet SearchResourceType(const Criteria& criteria, const RowSet& included);
  RowSet SearchTestName(const Criteria& criteria, const RowSet& included);
  RowSet SearchTestType(const Criteria& criteria, const RowSet& included);
  RowSet SearchVersion(const Criteria& criteria, const RowSet& included);

  const Document& document_;
  const Dialect& dialect_;
  const LazyTables& tables_;
  const SelectionRequest& request_;
  std::vector<std::string>& warnings_;
  std::optional<DirectoryPaths> directory_paths_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_METHODS_H_
