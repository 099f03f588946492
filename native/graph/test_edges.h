// Edges that make nodes wait for tests: `dbt build` runs nothing on data before its tests have
// passed.
//
// Both of dbt's algorithms (dbt/compilation.py, Linker.add_test_edges_1 and add_test_edges_2), edge
// for edge. dbt's second is not a transitive reduction of its first only: it looks at no node that
// has a parent which is no model, seed, snapshot or the like, such as a source, where a test with
// several parents is concerned. So it is here.

#ifndef FLATMANIFEST_GRAPH_TEST_EDGES_H_
#define FLATMANIFEST_GRAPH_TEST_EDGES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "format/document.h"
#include "graph/digraph.h"
#include "graph/row_set.h"

namespace flatmanifest {

// What a manifest says of its tests, as far as test edges depend on it. Made once for any number of
// graphs. Const members are safe to call from several threads at once.
class TestRoles {
 public:
  // Takes time linear in the document's strings and the graph. Throws FormatError.
  explicit TestRoles(const Document& document);

  // Whether the manifest's `nodes` has it.
  bool IsMember(Row row) const { return row < members_.size() && members_.Contains(row); }
  bool IsTest(Row row) const { return IsMember(row) && tests_.Contains(row); }
  bool IsExecutable(Row row) const { return IsMember(row) && !tests_.Contains(row); }
  // dbt tells the tests among a node's children by their unique_id (_get_tests_for_node).
  bool IsNamedTest(Row row) const { return IsMember(row) && named_tests_.Contains(row); }
  // What a row that is a test, of either kind, depends on, as it is written: kNoRow for what does
  // not exist, some perhaps twice.
  std::span<const Row> ParentsOf(Row test) const {
    return std::span(parents_).subspan(starts_[test], starts_[test + 1] - starts_[test]);
  }
  // Calls visit(test) for the named tests among a row's children in the manifest.
  template <typename Visit>
  void ForEachTestOf(Row row, Visit visit) const {
    if (row >= members_.size()) return;
    for (uint32_t i = test_starts_[row]; i < test_starts_[row + 1]; ++i) visit(tests_of_[i]);
  }

 private:
  RowSet members_;
  RowSet tests_;
  RowSet named_tests_;
  std::vector<uint32_t> starts_;
  std::vector<Row> parents_;
  // The named tests among a row's children. A row may have few of them among many children, and is
  // upstream of many.
  std::vector<uint32_t> test_starts_;
  std::vector<Row> tests_of_;
};

// Adds an edge of EdgeKind::kParentTest from each test to each node (of the manifest's `nodes`, not
// itself a test) that is downstream of everything that the test depends on. `graph` is LinkGraph's,
// or has been made from it; nodes that the manifest does not have get no edges. dbt has no order
// among the tests of one node; here it is that of the walk.
//
// There are as many such edges as pairs of a node and a test upstream: a quadratic number in a
// chain of tested nodes. Takes time linear in them and in the pairs of a node and its ancestors.
// Throws FormatError; std::length_error for more edges than 32 bits can number.
void AddTestEdges(const TestRoles& roles, Digraph& graph);

// Adds fewer edges, meant to make the same nodes wait (`USE_FAST_TEST_EDGES`): from a test with one
// parent to the children of that, from others to the first nodes downstream of all their parents.
// dbt has no order among the tests with several parents that one node waits for; here it is
// ascending.
void AddTestEdgesFast(const TestRoles& roles, Digraph& graph);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_TEST_EDGES_H_
