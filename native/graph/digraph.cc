#include "graph/digraph.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace flatmanifest {

namespace {

// A slot of the index: an edge, a removed edge, or never used.
constexpr Digraph::EdgeId kEmptySlot = Digraph::kNoEdge;
constexpr Digraph::EdgeId kRemovedSlot = Digraph::kNoEdge - 1;
constexpr size_t kSmallestIndex = 16;

}  // namespace

uint64_t Digraph::Hash(Row from, Row to) {
  // Fibonacci hashing with the upper half folded in: rows are dense and edges run between near
  // ones.
  const uint64_t mixed = ((uint64_t{from} << 32) | to) * 0x9E37'79B9'7F4A'7C15U;
  return mixed ^ (mixed >> 32);
}

bool Digraph::AddNode(Row row) {
  if (row == kNoRow) throw std::length_error("a graph of more rows than 32 bits can number");
  if (row >= nodes_.size()) nodes_.resize(size_t{row} + 1);
  Node& node = nodes_[row];
  if (node.present) return false;
  node.present = true;
  node.previous = last_;
  (last_ == kNoRow ? first_ : nodes_[last_].next) = row;
  last_ = row;
  ++node_count_;
  return true;
}

void Digraph::RemoveNode(Row row) {
  const auto remove = [this](EdgeId edge) {
    if (!index_.empty()) index_[FindSlot(edges_[edge].from, edges_[edge].to)] = kRemovedSlot;
    Unlink(edge);
  };
  while (nodes_[row].first_out != kNoEdge) remove(nodes_[row].first_out);
  while (nodes_[row].first_in != kNoEdge) remove(nodes_[row].first_in);
  const Node& node = nodes_[row];
  (node.previous == kNoRow ? first_ : nodes_[node.previous].next) = node.next;
  (node.next == kNoRow ? last_ : nodes_[node.next].previous) = node.previous;
  nodes_[row] = Node();
  --node_count_;
}

bool Digraph::AddEdge(Row from, Row to, EdgeKind kind) {
  AddNode(from);
  AddNode(to);
  if (index_.empty()) MakeIndex(kSmallestIndex);
  const EdgeId known = FindEdge(from, to);
  if (known != kNoEdge) {
    if (kind == EdgeKind::kParentTest) edges_[known].kind = kind;
    return false;
  }
  AppendEdge(from, to, kind);
  return true;
}

void Digraph::AppendEdge(Row from, Row to, EdgeKind kind) {
  const EdgeId edge = NewEdge();
  Node& source = nodes_[from];
  edges_[edge] = {from, to, kNoEdge, source.last_out, kNoEdge, nodes_[to].last_in, kind};
  (source.last_out == kNoEdge ? source.first_out : edges_[source.last_out].next_out) = edge;
  source.last_out = edge;
  ++source.out_degree;
  Node& target = nodes_[to];  // the same node, for a loop
  (target.last_in == kNoEdge ? target.first_in : edges_[target.last_in].next_in) = edge;
  target.last_in = edge;
  ++target.in_degree;
  ++edge_count_;
  if (!index_.empty()) IndexEdge(edge);
}

bool Digraph::RemoveEdge(Row from, Row to) {
  if (!Has(from) || !Has(to)) return false;
  if (index_.empty()) MakeIndex(kSmallestIndex);
  const size_t slot = FindSlot(from, to);
  const EdgeId edge = index_[slot];
  if (edge == kEmptySlot) return false;
  index_[slot] = kRemovedSlot;
  Unlink(edge);
  return true;
}

Digraph Digraph::CopyInNodeOrder() const {
  Digraph copy(row_limit());
  copy.edges_.reserve(edge_count_);
  for (const Row row : Nodes()) copy.AddNode(row);
  for (const Row row : Nodes()) {
    for (const Link link : Successors(row)) copy.AppendEdge(row, link.row, link.kind);
  }
  return copy;
}

Digraph::EdgeId Digraph::FindEdge(Row from, Row to) const {
  if (!Has(from) || !Has(to)) return kNoEdge;
  if (!index_.empty()) return index_[FindSlot(from, to)];
  if (nodes_[from].out_degree <= nodes_[to].in_degree) {
    EdgeId edge = nodes_[from].first_out;
    while (edge != kNoEdge && edges_[edge].to != to) edge = edges_[edge].next_out;
    return edge;
  }
  EdgeId edge = nodes_[to].first_in;
  while (edge != kNoEdge && edges_[edge].from != from) edge = edges_[edge].next_in;
  return edge;
}

// The slot of an edge; an empty slot if there is none. At least one slot is always empty.
size_t Digraph::FindSlot(Row from, Row to) const {
  const size_t mask = index_.size() - 1;
  size_t slot = Hash(from, to) & mask;
  for (;; slot = (slot + 1) & mask) {
    const EdgeId edge = index_[slot];
    if (edge == kEmptySlot) return slot;
    if (edge != kRemovedSlot && edges_[edge].from == from && edges_[edge].to == to) return slot;
  }
}

// Indexes all edges anew, with room for `capacity` of them.
void Digraph::MakeIndex(size_t capacity) {
  capacity = std::max<size_t>(capacity, edge_count_);
  index_.assign(std::bit_ceil(capacity * 2), kEmptySlot);
  index_used_ = 0;
  for (const Row row : Nodes()) {
    for (EdgeId edge = nodes_[row].first_out; edge != kNoEdge; edge = edges_[edge].next_out) {
      index_[FindSlot(edges_[edge].from, edges_[edge].to)] = edge;
      ++index_used_;
    }
  }
}

void Digraph::IndexEdge(EdgeId edge) {
  // Slots of removed edges count too: lookups run over them.
  if ((index_used_ + 1) * 4 > index_.size() * 3) {
    MakeIndex(size_t{edge_count_} * 2);  // has this edge already
    return;
  }
  index_[FindSlot(edges_[edge].from, edges_[edge].to)] = edge;
  ++index_used_;
}

Digraph::EdgeId Digraph::NewEdge() {
  if (free_ != kNoEdge) {
    const EdgeId edge = free_;
    free_ = edges_[edge].next_out;
    return edge;
  }
  if (edges_.size() >= kRemovedSlot) {
    throw std::length_error("a graph of more edges than 32 bits can number");
  }
  edges_.emplace_back();
  return static_cast<EdgeId>(edges_.size() - 1);
}

void Digraph::Unlink(EdgeId id) {
  const EdgeRecord edge = edges_[id];
  Node& source = nodes_[edge.from];
  (edge.previous_out == kNoEdge ? source.first_out : edges_[edge.previous_out].next_out) =
      edge.next_out;
  (edge.next_out == kNoEdge ? source.last_out : edges_[edge.next_out].previous_out) =
      edge.previous_out;
  --source.out_degree;
  Node& target = nodes_[edge.to];
  (edge.previous_in == kNoEdge ? target.first_in : edges_[edge.previous_in].next_in) = edge.next_in;
  (edge.next_in == kNoEdge ? target.last_in : edges_[edge.next_in].previous_in) = edge.previous_in;
  --target.in_degree;
  --edge_count_;
  edges_[id].next_out = free_;
  free_ = id;
}

}  // namespace flatmanifest
