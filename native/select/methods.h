// dbt's selection methods: the matches of tag:, path:, config.…: and the others.
//
// Follows dbt/graph/selector_methods.py; one function for each class there.

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

// The tables, besides the columns, that selections from one document search.
struct LazyTables {
  LazyManifestPaths paths;
  LazyFqnIndex names;
};

// Searches one document for one selection. Not for several threads at once.
class MethodSearch {
 public:
  // Borrows all arguments. Appends warnings.
  MethodSearch(const Document& document, const LazyTables& tables, const SelectionRequest& request,
               const Dialect& dialect, std::vector<std::string>& warnings)
      : document_(document),
        dialect_(dialect),
        tables_(tables),
        request_(request),
        warnings_(warnings) {
    if (request.project_directory) directory_paths_.emplace(*request.project_directory);
  }

  // The rows of `included` that match the criteria's method and value; operators are ignored. Not
  // for the method selector, which needs an evaluation. Throws SelectionError.
  RowSet Search(const Criteria& criteria, const RowSet& included);

 private:
  // Searches for values that are text, or are treated as text.
  RowSet SearchText(const Criteria& criteria, const RowSet& included);
  // Searches for the other values of YAML. dbt matches nothing with them, or fails with some Python
  // error; this fails too, with an error of its own.
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
