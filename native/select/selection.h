// Selects resources of a manifest as dbt selects nodes: --select, --exclude, --selector and the
// related options, with dbt's results, warnings and errors.
//
// Follows dbt/graph/selector.py, class NodeSelector, and dbt/task/list.py, class ListTask, of
// dbt-core 1.10 to 1.12; docs/selection.md describes grammar and methods.

#ifndef FLATMANIFEST_SELECT_SELECTION_H_
#define FLATMANIFEST_SELECT_SELECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "format/document.h"
#include "graph/row_set.h"
#include "graph/traversal.h"
#include "select/request.h"

namespace flatmanifest {

struct LazyTables;

struct Selection {
  std::vector<Row> rows;              // ascending, which is by unique_id
  std::vector<std::string> warnings;  // dbt's texts, in its order
  // The parts of the selection that match no node, as they were typed. Each has a warning, and so
  // has a selection without rows; further warnings are of other kinds.
  std::vector<std::string> unmatched;
};

// Selects from one document. Borrows it. Safe to call from several threads.
class Selector {
 public:
  // Takes time linear in the graph. Throws FormatError.
  explicit Selector(const Document& document);
  ~Selector();

  // Throws SelectionError; FormatError where the document is damaged.
  Selection Select(const SelectionRequest& request) const;

 private:
  const Document& document_;
  Dependencies graph_;
  RowSet members_;  // what dbt selects from: resources that are not disabled
  RowSet tests_;    // those of them that are selected with what they test
  std::unique_ptr<const LazyTables> tables_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_SELECTION_H_
