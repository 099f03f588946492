// A directed graph that can change, in networkx's order.
//
// dbt's results depend on the order of nodes and edges: which cycle it names, which of two ready
// nodes comes first, which edges a subset gets. The order is that of networkx.DiGraph, whose
// adjacency is dicts: nodes in the order of addition, and a node's successors and predecessors in
// the order in which the edges were added. A node or edge that is added again keeps its place; one
// that was removed and is added again comes last.

#ifndef FLATMANIFEST_GRAPH_DIGRAPH_H_
#define FLATMANIFEST_GRAPH_DIGRAPH_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <vector>

#include "format/cell.h"

namespace flatmanifest {

// The attribute "edge_type" of edges in dbt's graphs. dbt ignores kParentTest when it searches for
// ancestors and descendants (dbt/graph/graph.py, Graph.exclude_edge_type).
enum class EdgeKind : uint8_t {
  kDependency,  // no edge_type
  kParentTest,  // "parent_test": from a test to a node that waits for it
};

// A graph over rows. Nodes are row numbers, which the caller chooses; memory is linear in the
// largest. Every call takes constant amortized time unless its comment says otherwise. Const
// members are safe to call from several threads at once.
class Digraph {
 public:
  using EdgeId = uint32_t;
  static constexpr EdgeId kNoEdge = std::numeric_limits<uint32_t>::max();

  // One end of an edge, as seen from the other.
  struct Link {
    Row row;
    EdgeKind kind;
  };

  // The rows that are nodes, and the edges at one node, as ranges in networkx's order. A change
  // invalidates them.
  class NodeRange;
  class LinkRange;

  Digraph() = default;
  // No nodes; room for the rows below `row_limit`.
  explicit Digraph(uint32_t row_limit) : nodes_(row_limit) {}

  // All rows are below this.
  uint32_t row_limit() const { return static_cast<uint32_t>(nodes_.size()); }
  uint32_t node_count() const { return node_count_; }
  uint32_t edge_count() const { return edge_count_; }

  bool Has(Row row) const { return row < nodes_.size() && nodes_[row].present; }
  // The row must be a node.
  uint32_t InDegree(Row row) const { return nodes_[row].in_degree; }
  uint32_t OutDegree(Row row) const { return nodes_[row].out_degree; }
  NodeRange Nodes() const;
  LinkRange Successors(Row row) const;
  LinkRange Predecessors(Row row) const;
  // Linear in the smaller of the two degrees, unless edges have been added or removed by name.
  bool HasEdge(Row from, Row to) const { return FindEdge(from, to) != kNoEdge; }

  // Adds a node. Returns whether it is new. Throws std::length_error for the row kNoRow.
  bool AddNode(Row row);
  // Removes a node and its edges, in time linear in its degree. The row must be a node.
  void RemoveNode(Row row);
  // Adds an edge and its missing ends, `from` first. Returns whether the edge is new. An existing
  // edge keeps its place, and becomes kParentTest if that is added: networkx's add_edge updates
  // attributes, and kDependency has none.
  bool AddEdge(Row from, Row to, EdgeKind kind = EdgeKind::kDependency);
  // Adds an edge between two nodes that is known to be missing, without a lookup.
  void AppendEdge(Row from, Row to, EdgeKind kind = EdgeKind::kDependency);
  // Removes an edge. Returns whether there was one.
  bool RemoveEdge(Row from, Row to);

  // networkx's DiGraph.copy(): predecessors are in the order of the nodes, whatever the order in
  // which the edges were added. Linear.
  Digraph CopyInNodeOrder() const;

 private:
  struct Node {
    EdgeId first_out = kNoEdge;
    EdgeId last_out = kNoEdge;
    EdgeId first_in = kNoEdge;
    EdgeId last_in = kNoEdge;
    uint32_t out_degree = 0;
    uint32_t in_degree = 0;
    Row previous = kNoRow;
    Row next = kNoRow;
    bool present = false;
  };
  // The lists of an edge's neighbours are doubly linked, so that removing is local.
  struct EdgeRecord {
    Row from;
    Row to;
    EdgeId next_out;
    EdgeId previous_out;
    EdgeId next_in;
    EdgeId previous_in;
    EdgeKind kind;
  };

  static uint64_t Hash(Row from, Row to);
  EdgeId FindEdge(Row from, Row to) const;
  size_t FindSlot(Row from, Row to) const;
  void MakeIndex(size_t capacity);
  void IndexEdge(EdgeId edge);
  EdgeId NewEdge();
  void Unlink(EdgeId edge);

  std::vector<Node> nodes_;
  std::vector<EdgeRecord> edges_;  // removed ones are linked from free_ by next_out
  EdgeId free_ = kNoEdge;
  Row first_ = kNoRow;
  Row last_ = kNoRow;
  uint32_t node_count_ = 0;
  uint32_t edge_count_ = 0;
  // Edges by their ends: open addressing, a power of two of slots. Built when the first edge is
  // added or removed by its ends; graphs that are only read need none.
  std::vector<EdgeId> index_;
  size_t index_used_ = 0;  // slots that hold or held an edge
};

class Digraph::NodeRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    using pointer = const Row*;
    using reference = Row;

    Iterator() = default;
    Iterator(const Digraph* graph, Row row) : graph_(graph), row_(row) {}
    Row operator*() const { return row_; }
    Iterator& operator++() {
      row_ = graph_->nodes_[row_].next;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.row_ == b.row_; }

   private:
    const Digraph* graph_ = nullptr;
    Row row_ = kNoRow;
  };

  explicit NodeRange(const Digraph& graph) : graph_(&graph) {}
  Iterator begin() const { return {graph_, graph_->first_}; }
  Iterator end() const { return {graph_, kNoRow}; }

 private:
  const Digraph* graph_;
};

class Digraph::LinkRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = Link;
    using difference_type = std::ptrdiff_t;
    using pointer = const Link*;
    using reference = Link;

    Iterator() = default;
    Iterator(const Digraph* graph, EdgeId edge, bool out) : graph_(graph), edge_(edge), out_(out) {}
    Link operator*() const {
      const EdgeRecord& edge = graph_->edges_[edge_];
      return {out_ ? edge.to : edge.from, edge.kind};
    }
    Iterator& operator++() {
      const EdgeRecord& edge = graph_->edges_[edge_];
      edge_ = out_ ? edge.next_out : edge.next_in;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.edge_ == b.edge_; }

   private:
    const Digraph* graph_ = nullptr;
    EdgeId edge_ = kNoEdge;
    bool out_ = true;
  };

  LinkRange(const Digraph& graph, EdgeId first, bool out)
      : graph_(&graph), first_(first), out_(out) {}
  Iterator begin() const { return {graph_, first_, out_}; }
  Iterator end() const { return {graph_, kNoEdge, out_}; }

 private:
  const Digraph* graph_;
  EdgeId first_;
  bool out_;
};

inline Digraph::NodeRange Digraph::Nodes() const { return NodeRange(*this); }
inline Digraph::LinkRange Digraph::Successors(Row row) const {
  return {*this, nodes_[row].first_out, true};
}
inline Digraph::LinkRange Digraph::Predecessors(Row row) const {
  return {*this, nodes_[row].first_in, false};
}

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_DIGRAPH_H_
