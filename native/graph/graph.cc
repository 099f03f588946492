#include "graph/graph.h"

#include <limits>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "graph/csr.h"
#include "graph/graph_error.h"
#include "graph/link_order.h"
#include "graph/reduction.h"
#include "graph/subset.h"
#include "graph/test_edges.h"
#include "graph/topology.h"
#include "graph/walk.h"

namespace flatmanifest {

// The parts of a document's graph that are made when first needed.
class Graph::Linking {
 public:
  explicit Linking(const Document& document) : document_(document) {}

  const Digraph& linked() {
    const std::lock_guard lock(mutex_);
    return Link();
  }
  const PackedDigraph& packed() {
    const std::lock_guard lock(mutex_);
    if (!packed_) packed_.emplace(Link());
    return *packed_;
  }
  const TestRoles& roles() {
    const std::lock_guard lock(mutex_);
    if (!roles_) roles_.emplace(document_);
    return *roles_;
  }

 private:
  const Digraph& Link() {
    if (!linked_) linked_ = LinkGraph(document_);
    return *linked_;
  }

  const Document& document_;
  std::mutex mutex_;
  std::optional<Digraph> linked_;
  std::optional<PackedDigraph> packed_;
  std::optional<TestRoles> roles_;
};

namespace {

// Calls walk(for_each_neighbour) for the edges of a mapping, or for those of a digraph that are
// dependencies, in one direction.
template <typename Walk>
auto WithParents(const Dependencies* mapped, const std::optional<Digraph>& own, Walk walk) {
  if (mapped != nullptr) {
    return walk([mapped](Row row, auto visit) {
      for (const Row parent : mapped->Parents(row)) visit(parent);
    });
  }
  return walk([&own](Row row, auto visit) {
    for (const Digraph::Link link : own->Predecessors(row)) {
      if (link.kind == EdgeKind::kDependency) visit(link.row);
    }
  });
}

template <typename Walk>
auto WithChildren(const Dependencies* mapped, const std::optional<Digraph>& own, Walk walk) {
  if (mapped != nullptr) {
    return walk([mapped](Row row, auto visit) {
      for (const Row child : mapped->Children(row)) visit(child);
    });
  }
  return walk([&own](Row row, auto visit) {
    for (const Digraph::Link link : own->Successors(row)) {
      if (link.kind == EdgeKind::kDependency) visit(link.row);
    }
  });
}

auto ForEachSuccessor(const Digraph& graph) {
  return [&graph](Row row, auto visit) {
    for (const Digraph::Link link : graph.Successors(row)) visit(link.row);
  };
}

// Calls walk(row) for each node, in order.
template <typename Walk>
CsrRows Collect(const Graph& graph, Walk walk) {
  CsrRows all{{0}, {}};
  all.indptr.reserve(size_t{graph.row_limit()} + 1);
  for (Row row = 0; row < graph.row_limit(); ++row) {
    if (graph.Has(row)) {
      const std::vector<Row> found = walk(row);
      all.indices.insert(all.indices.end(), found.begin(), found.end());
      if (all.indices.size() > std::numeric_limits<uint32_t>::max()) {
        throw std::length_error("more pairs of nodes than 32 bits can number");
      }
    }
    all.indptr.push_back(static_cast<uint32_t>(all.indices.size()));
  }
  return all;
}

}  // namespace

Graph::Graph(const Document& document)
    : document_(&document),
      names_(document),
      linking_(std::make_shared<Linking>(document)),
      mapped_(document) {}

uint32_t Graph::edge_count() const {
  return mapped_ ? static_cast<uint32_t>(mapped_->children().indices.size()) : own_->edge_count();
}

Row Graph::Find(std::string_view name) const {
  const Row row = names_.Find(name);
  return row != kNoRow && Has(row) ? row : kNoRow;
}

uint32_t Graph::InDegree(Row row) const {
  return mapped_ ? static_cast<uint32_t>(mapped_->Parents(row).size()) : own_->InDegree(row);
}

uint32_t Graph::OutDegree(Row row) const {
  return mapped_ ? static_cast<uint32_t>(mapped_->Children(row).size()) : own_->OutDegree(row);
}

std::vector<Row> Graph::Ancestors(Row row, uint64_t depth) const {
  return WithParents(mapped(), own_, [&](auto for_each_parent) {
    return WalkFrom(row, row_limit(), depth, for_each_parent);
  });
}

std::vector<Row> Graph::Descendants(Row row, uint64_t depth) const {
  return WithChildren(mapped(), own_, [&](auto for_each_child) {
    return WalkFrom(row, row_limit(), depth, for_each_child);
  });
}

std::vector<Row> Graph::SelectParents(std::span<const Row> rows, uint64_t depth) const {
  return WithParents(mapped(), own_, [&](auto for_each_parent) {
    return WalkFromAll(rows, row_limit(), depth, for_each_parent);
  });
}

std::vector<Row> Graph::SelectChildren(std::span<const Row> rows, uint64_t depth) const {
  return WithChildren(mapped(), own_, [&](auto for_each_child) {
    return WalkFromAll(rows, row_limit(), depth, for_each_child);
  });
}

std::vector<Row> Graph::SelectChildrensParents(std::span<const Row> rows) const {
  const auto join = [this](std::span<const Row> first, std::span<const Row> second) {
    MetRows met(row_limit());
    for (const Row row : first) met.Insert(row);
    for (const Row row : second) met.Insert(row);
    return met.Take();
  };
  const std::vector<Row> down = join(rows, SelectChildren(rows, kAnyDepth));
  return join(down, SelectParents(down, kAnyDepth));
}

std::vector<Row> Graph::SelectSuccessors(std::span<const Row> rows) const {
  if (mapped_) return SelectChildren(rows, 1);
  return WalkFromAll(rows, row_limit(), 1, ForEachSuccessor(*own_));
}

std::vector<Row> Graph::DependentNodes(Row row) const {
  if (mapped_) return Descendants(row, kAnyDepth);
  return WalkFrom(row, row_limit(), kAnyDepth, ForEachSuccessor(*own_));
}

CsrRows Graph::AllAncestors(uint64_t depth) const {
  return WithParents(mapped(), own_, [&](auto for_each_parent) {
    return Collect(*this,
                   [&](Row row) { return WalkFrom(row, row_limit(), depth, for_each_parent); });
  });
}

CsrRows Graph::AllDescendants(uint64_t depth) const {
  return WithChildren(mapped(), own_, [&](auto for_each_child) {
    return Collect(*this,
                   [&](Row row) { return WalkFrom(row, row_limit(), depth, for_each_child); });
  });
}

CsrRows Graph::ChildColumns() const {
  const Digraph& graph = digraph();
  std::vector<Edge> edges;
  edges.reserve(graph.edge_count());
  for (const Row row : graph.Nodes()) {
    for (const Digraph::Link link : graph.Successors(row)) edges.push_back({row, link.row});
  }
  return BuildCsr(row_limit(), edges);
}

CsrRows Graph::ParentColumns() const { return Transpose(ChildColumns()); }

const Digraph& Graph::digraph() const { return own_ ? *own_ : linking_->linked(); }

Generations Graph::TopologicalGenerations() const {
  return mapped_ ? flatmanifest::TopologicalGenerations(linking_->packed())
                 : flatmanifest::TopologicalGenerations(*own_);
}

Generations Graph::TopologicalOrder() const {
  Generations generations = TopologicalGenerations();
  if (generations.rows.size() != node_count()) CheckAcyclic(digraph(), names_);
  return generations;
}

Graph Graph::With(Digraph digraph) const {
  Graph made;
  made.document_ = document_;
  made.names_ = names_;
  made.linking_ = linking_;
  made.own_ = std::move(digraph);
  return made;
}

Graph Graph::WithTestEdges(bool fast) const {
  if (document_ == nullptr) {
    throw GraphError(
        "test edges need a manifest, which says what is a test; this graph is of none");
  }
  Digraph tested = digraph();
  const TestRoles& roles = linking_->roles();
  fast ? AddTestEdgesFast(roles, tested) : AddTestEdges(roles, tested);
  return With(std::move(tested));
}

Graph Graph::SubgraphOf(const std::vector<Row>& rows) const {
  return With(Subgraph(digraph(), SetOf(rows)));
}

Graph Graph::SubsetGraphOf(const std::vector<Row>& rows) const {
  return With(SubsetGraph(digraph(), SetOf(rows)));
}

Graph Graph::TransitivelyReduced() const {
  CheckAcyclic(digraph(), names_);
  return With(TransitiveReduction(digraph()));
}

void Graph::Check() const {
  if (mapped_) {
    CheckLinks(*document_, digraph());
  } else {
    CheckAcyclic(digraph(), names_);
  }
}

Row Graph::AddNode(std::string_view name) {
  Digraph& graph = Own();
  const Row row = names_.Add(name);
  graph.AddNode(row);
  return row;
}

void Graph::AddEdge(std::string_view from, std::string_view to) {
  const Row source = AddNode(from);
  Own().AddEdge(source, AddNode(to));
}

Digraph& Graph::Own() {
  if (!own_) own_ = digraph();
  mapped_.reset();
  return *own_;
}

// Sized for the digraph, whose rows may be fewer than there are names.
RowSet Graph::SetOf(const std::vector<Row>& rows) const {
  RowSet set(row_limit());
  for (const Row row : rows) set.Insert(row);
  return set;
}

}  // namespace flatmanifest
