// Finds the resources among a manifest's values and how they depend on each other: the columns and
// the graph of a file.

#ifndef FLATMANIFEST_CONVERT_RESOURCE_INDEX_H_
#define FLATMANIFEST_CONVERT_RESOURCE_INDEX_H_

#include "format/cell.h"
#include "format/writer.h"

namespace flatmanifest {

struct ResourceIndex {
  ResourceRows rows;
  CsrRows children;
  CsrRows parents;
};

// `root` is a manifest's object, its values already in `writer`. Resources are the objects listed
// under the collections of format/document.h; those that dbt's graph has come first
// (dbt.compilation, Linker.link_graph). Edges are those of depends_on.nodes between resources that
// exist, as in dbt.contracts.graph.manifest, build_node_edges. A unique_id listed twice counts
// once, the first.
ResourceIndex BuildResourceIndex(Writer& writer, Cell root);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_RESOURCE_INDEX_H_
