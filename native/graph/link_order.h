// A manifest's graph in the order in which dbt links it.

#ifndef FLATMANIFEST_GRAPH_LINK_ORDER_H_
#define FLATMANIFEST_GRAPH_LINK_ORDER_H_

#include "format/document.h"
#include "graph/digraph.h"

namespace flatmanifest {

// The graph that dbt links from the manifest, with nodes and edges in the same order
// (dbt/compilation.py, Linker.link_graph): sources, nodes, semantic models, exposures, functions,
// metrics, unit tests, saved queries, each in the order of the manifest; after each resource its
// dependencies, in the order of depends_on.nodes. Its rows are the document's.
//
// Dependencies on missing nodes are left out, and cycles are kept; dbt refuses both (CheckLinks).
// Takes time linear in the document's strings and the graph. Throws FormatError.
Digraph LinkGraph(const Document& document);

// Throws GraphError with dbt's message if dbt would refuse to link the manifest: for a dependency
// on something that is no node, source, metric, semantic model or function
// (dbt.exceptions.GraphDependencyNotFoundError), else for a cycle in `linked`, the result of
// LinkGraph.
void CheckLinks(const Document& document, const Digraph& linked);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_LINK_ORDER_H_
