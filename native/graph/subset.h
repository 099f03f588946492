// Parts of a graph.

#ifndef FLATMANIFEST_GRAPH_SUBSET_H_
#define FLATMANIFEST_GRAPH_SUBSET_H_

#include "graph/digraph.h"
#include "graph/row_set.h"

namespace flatmanifest {

// The nodes of `kept` and the edges between them, in the graph's order: networkx's DiGraph.subgraph
// and dbt's Graph.subgraph, as a copy. `kept` has the size of the graph's row_limit; rows that are
// no nodes are ignored. Linear.
Digraph Subgraph(const Digraph& graph, const RowSet& kept);

// The nodes of `kept`, with an edge wherever a path through removed nodes led from one to another:
// dbt's Graph.get_subset_graph (dbt/graph/graph.py), with the same nodes and edges in the same
// order.
//
// dbt removes nodes one by one, those with the fewest paths through them first, and adds an edge
// for each such path. This adds as many edges, in constant time each.
Digraph SubsetGraph(const Digraph& graph, const RowSet& kept);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_SUBSET_H_
