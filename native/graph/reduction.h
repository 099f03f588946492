// Transitive reduction: the fewest edges with the same reachability.

#ifndef FLATMANIFEST_GRAPH_REDUCTION_H_
#define FLATMANIFEST_GRAPH_REDUCTION_H_

#include "graph/digraph.h"

namespace flatmanifest {

// The graph without the edges that a longer path can replace: networkx.transitive_reduction, with
// the edges in the graph's order and of their kind. The graph must have no cycle (CheckAcyclic).
//
// For each node with several successors, it walks the nodes between the nearest and the farthest of
// these, by generation. The worst case, as networkx's, is nodes times edges.
Digraph TransitiveReduction(const Digraph& graph);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_REDUCTION_H_
