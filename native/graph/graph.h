// A graph of resources, whether it lies in a mapping, has been built from edges, or was made from
// one of these.

#ifndef FLATMANIFEST_GRAPH_GRAPH_H_
#define FLATMANIFEST_GRAPH_GRAPH_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "format/writer.h"
#include "graph/digraph.h"
#include "graph/node_names.h"
#include "graph/row_set.h"
#include "graph/topology.h"
#include "graph/traversal.h"

namespace flatmanifest {

// Nodes are rows with names. Rows stay what they are: those of a graph that was made from another
// are the other's, so that what is known of a row holds in both; a row without a node keeps its
// name.
//
// A mapped graph answers what does not depend on order from the mapping, without any preparation,
// and is linked in dbt's order (graph/link_order.h) when that is first asked for. Changing it makes
// a copy of what is linked; the mapping stays as it is. Copies of an unchanged graph share it.
//
// Const members are safe to call from several threads at once. Rows that are passed must be nodes.
class Graph {
 public:
  // Without nodes.
  Graph() : own_(Digraph()) {}
  // The graph of a manifest. Borrows the document. Linear in the rows: they are checked once.
  // Throws FormatError.
  explicit Graph(const Document& document);

  const NodeNames& names() const { return names_; }
  // The manifest that the graph is of or has been made from, if there is one.
  const Document* document() const { return document_; }
  // The columns, as long as the graph is the manifest's own.
  const Dependencies* mapped() const { return mapped_ ? &*mapped_ : nullptr; }

  // --- nodes and edges, without regard to order ---

  uint32_t node_count() const { return mapped_ ? mapped_->size() : own_->node_count(); }
  uint32_t edge_count() const;
  uint32_t row_limit() const { return names_.size(); }
  bool Has(Row row) const { return mapped_ ? row < mapped_->size() : own_->Has(row); }
  // The node of that name, kNoRow if there is none.
  Row Find(std::string_view name) const;
  uint32_t InDegree(Row row) const;
  uint32_t OutDegree(Row row) const;
  // dbt's Graph.ancestors, .descendants, .select_parents and .select_children: edges that make
  // nodes wait for tests do not count. Nearest first; see graph/walk.h.
  std::vector<Row> Ancestors(Row row, uint64_t depth) const;
  std::vector<Row> Descendants(Row row, uint64_t depth) const;
  std::vector<Row> SelectParents(std::span<const Row> rows, uint64_t depth) const;
  std::vector<Row> SelectChildren(std::span<const Row> rows, uint64_t depth) const;
  // dbt's Graph.select_childrens_parents.
  std::vector<Row> SelectChildrensParents(std::span<const Row> rows) const;
  // dbt's Graph.select_successors and .get_dependent_nodes: here edges of every kind count.
  std::vector<Row> SelectSuccessors(std::span<const Row> rows) const;
  std::vector<Row> DependentNodes(Row row) const;
  // Ancestors and descendants of every row at once, as compressed sparse rows, each row's nearest
  // first; rows that are no nodes have none. As large as what is found, which can be quadratic;
  // throws std::length_error for more than 32 bits can number.
  CsrRows AllAncestors(uint64_t depth) const;
  CsrRows AllDescendants(uint64_t depth) const;
  // The edges as compressed sparse rows over row_limit() rows, as the file has them.
  CsrRows ChildColumns() const;
  CsrRows ParentColumns() const;

  // --- in networkx's order ---

  // The first call links a mapped graph, in linear time. Throws FormatError.
  const Digraph& digraph() const;
  // See graph/topology.h. TopologicalOrder throws GraphError if there is a cycle.
  Generations TopologicalGenerations() const;
  Generations TopologicalOrder() const;
  // A graph with the same names and other nodes or edges.
  Graph With(Digraph digraph) const;
  Graph WithTestEdges(bool fast) const;
  // See graph/subset.h.
  Graph SubgraphOf(const std::vector<Row>& rows) const;
  Graph SubsetGraphOf(const std::vector<Row>& rows) const;
  // Throws GraphError if there is a cycle. See graph/reduction.h.
  Graph TransitivelyReduced() const;
  // Throws GraphError: what dbt has against the manifest (graph/link_order.h, CheckLinks), or, for
  // a graph that is not the manifest's own, a cycle.
  void Check() const;

  // --- changes, as networkx.DiGraph makes them ---

  // The row. It may have been a node already.
  Row AddNode(std::string_view name);
  void RemoveNode(Row row) { Own().RemoveNode(row); }
  // Adds missing ends.
  void AddEdge(std::string_view from, std::string_view to);
  // Whether there was one.
  bool RemoveEdge(Row from, Row to) { return Own().RemoveEdge(from, to); }

 private:
  class Linking;

  Digraph& Own();
  RowSet SetOf(const std::vector<Row>& rows) const;

  const Document* document_ = nullptr;
  NodeNames names_;
  std::shared_ptr<Linking> linking_;  // of the document
  // A graph is either mapped, and linked when needed, or has its own nodes and edges.
  std::optional<Dependencies> mapped_;
  std::optional<Digraph> own_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_GRAPH_H_
