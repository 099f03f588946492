// Edges that make nodes wait for tests: `dbt build` runs nothing on data before its tests have
// passed.
//
// Implements both of dbt's algorithms (dbt/compilation.py, Linker.add_test_edges_1 and
// add_test_edges_2), edge for edge. dbt's second is not only a transitive reduction of its first:
// for tests with several parents, it ignores every node with a parent that is no model, seed,
// snapshot or the like (a source, for example). So does this.

#ifndef FLATMANIFEST_GRAPH_TEST_EDGES_H_
#define FLATMANIFEST_GRAPH_TEST_EDGES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "format/document.h"
#include "graph/digraph.h"
#include "graph/row_set.h"

namespace flatmanifest {

// The facts about a manifest's tests that test edges depend on. Made once for any number of graphs.
// Const members are safe to call from several threads at once.
class TestRoles {
 public:
  // Takes time linear in the document's strings and the graph. Throws FormatError.
  explicit TestRoles(const Document& document);

  // Whether the row is in the manifest's `nodes`.
  bool IsMember(Row row) const { return row < members_.size() && members_.Contains(row); }
  bool IsTest(Row row) const { return IsMember(row) && tests_.Contains(row); }
  bool IsExecutable(Row row) const { return IsMember(row) && !tests_.Contains(row); }
  // dbt recognises the tests among a node's children by their unique_id (_get_tests_for_node).
  bool IsNamedTest(Row row) const { return IsMember(row) && named_tests_.Contains(row); }
  // The dependencies of a test of either kind, as the manifest lists them: kNoRow for a missing
  // node; some may occur twice.
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
  // The named tests among a row's children. A row may have few of them among many children, and be
  // upstream of many.
  std::vector<uint32_t> test_starts_;
  std::vector<Row> tests_of_;
};

// Adds an edge of EdgeKind::kParentTest from each test to each node (of the manifest's `nodes`, not
// itself a test) that is downstream of all the test's dependencies. `graph` is LinkGraph's, or was
// made from it; nodes that are not in the manifest get no edges. dbt has no order among the tests
// of one node; here it is that of the walk.
//
// There are as many such edges as pairs of a node and a test upstream: a quadratic number in a
// chain of tested nodes. Takes time linear in them and in the pairs of a node and its ancestors.
// Throws FormatError; std::length_error for more edges than 32 bits can number.
void AddTestEdges(const TestRoles& roles, Digraph& graph);

// Adds fewer edges, which are to make the same nodes wait (`USE_FAST_TEST_EDGES`): from a test with
// one parent to that parent's children, from other tests to the first nodes downstream of all their
// parents. dbt has no order among the tests with several parents that one node waits for; here it
// is ascending.
void AddTestEdgesFast(const TestRoles& roles, Digraph& graph);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_TEST_EDGES_H_
