#include "graph/packed_digraph.h"

namespace flatmanifest {

PackedDigraph::PackedDigraph(const Digraph& graph)
    : in_degree_(graph.row_limit()), starts_(size_t{graph.row_limit()} + 1) {
  const auto nodes = graph.Nodes();
  nodes_.reserve(graph.node_count());
  nodes_.assign(nodes.begin(), nodes.end());
  successors_.reserve(graph.edge_count());
  for (Row row = 0; row < graph.row_limit(); ++row) {
    starts_[row] = static_cast<uint32_t>(successors_.size());
    if (!graph.Has(row)) continue;
    in_degree_[row] = graph.InDegree(row);
    for (const Digraph::Link link : graph.Successors(row)) successors_.push_back(link.row);
  }
  starts_.back() = static_cast<uint32_t>(successors_.size());
}

}  // namespace flatmanifest
