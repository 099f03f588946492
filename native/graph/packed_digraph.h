// A graph packed for reading: the data of a walk over all of it takes a quarter of a Digraph's
// memory, and lies close together.

#ifndef FLATMANIFEST_GRAPH_PACKED_DIGRAPH_H_
#define FLATMANIFEST_GRAPH_PACKED_DIGRAPH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "graph/digraph.h"

namespace flatmanifest {

// The nodes and successors of a Digraph at the time of construction, in its order. Const members
// are safe to call from several threads at once.
class PackedDigraph {
 public:
  explicit PackedDigraph(const Digraph& graph);

  uint32_t row_limit() const { return static_cast<uint32_t>(in_degree_.size()); }
  uint32_t node_count() const { return static_cast<uint32_t>(nodes_.size()); }
  std::span<const Row> Nodes() const { return nodes_; }
  // The row must be a node.
  uint32_t InDegree(Row row) const { return in_degree_[row]; }
  std::span<const Row> Successors(Row row) const {
    return std::span(successors_).subspan(starts_[row], starts_[row + 1] - starts_[row]);
  }

 private:
  std::vector<Row> nodes_;
  std::vector<uint32_t> in_degree_;  // by row
  std::vector<uint32_t> starts_;     // by row: where its successors begin
  std::vector<Row> successors_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_PACKED_DIGRAPH_H_
