// Edges that make nodes wait for tests: `dbt build` runs nothing on data before its tests have
// passed.
//
// Both of dbt's algorithms (dbt/compilation.py, Linker.add_test_edges_1 and add_test_edges_2), edge
// for edge. dbt's second is not a transitive reduction of its first only: it looks at no node that
// has a parent which is no model, seed, snapshot or the like, such as a source, where a test with
// several parents is concerned. So it is here.

#ifndef FLATMANIFEST_GRAPH_TEST_EDGES_H_
#define FLATMANIFEST_GRAPH_TEST_EDGES_H_

#include "format/document.h"
#include "graph/digraph.h"

namespace flatmanifest {

// Adds an edge of EdgeKind::kParentTest from each test to each node (of the manifest's `nodes`, not
// itself a test) that is downstream of everything that the test depends on. `graph` is LinkGraph's,
// or has been made from it; nodes that the manifest does not have get no edges. dbt has no order
// among the tests of one node; here it is that of the walk.
//
// There are as many such edges as pairs of a node and a test upstream: a quadratic number in a
// chain of tested nodes. Takes time linear in them and in the pairs of a node and its ancestors.
// Throws FormatError; std::length_error for more edges than 32 bits can number.
void AddTestEdges(const Document& document, Digraph& graph);

// Adds fewer edges, meant to make the same nodes wait (`USE_FAST_TEST_EDGES`): from a test with one
// parent to the children of that, from others to the first nodes downstream of all their parents.
// dbt has no order among the tests with several parents that one node waits for; here it is
// ascending.
void AddTestEdgesFast(const Document& document, Digraph& graph);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_TEST_EDGES_H_
