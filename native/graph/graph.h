// A graph of resources: in a mapping, built from edges, or made from another graph.

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

// Nodes are rows with names. Rows are stable: a graph that was made from another has the same rows,
// so facts about a row hold in both. A row that is no longer a node keeps its name.
//
// A mapped graph answers questions that do not depend on order from the mapping, without
// preparation. It is linked in dbt's order (graph/link_order.h) when that order is first needed.
// Changing the graph copies the linked part; the mapping does not change. Copies of an unchanged
// graph share it.
//
// Const members are safe to call from several threads at once. Rows passed must be nodes.
class Graph {
 public:
  // An empty graph.
  Graph() : own_(Digraph()) {}
  // The graph of a manifest. Borrows the document. Linear in the rows: they are checked once.
  // Throws FormatError.
  explicit Graph(const Document& document);

  const NodeNames& names() const { return names_; }
  // The manifest of the graph, or of the graph that it was made from; null if there is none.
  const Document* document() const { return document_; }
  // The columns; null unless the graph is the manifest's own.
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
  // dbt's Graph.ancestors, .descendants, .select_parents and .select_children. Edges that make
  // nodes wait for tests do not count. Nearest first; see graph/walk.h.
  std::vector<Row> Ancestors(Row row, uint64_t depth) const;
  std::vector<Row> Descendants(Row row, uint64_t depth) const;
  std::vector<Row> SelectParents(std::span<const Row> rows, uint64_t depth) const;
  std::vector<Row> SelectChildren(std::span<const Row> rows, uint64_t depth) const;
  // dbt's Graph.select_childrens_parents.
  std::vector<Row> SelectChildrensParents(std::span<const Row> rows) const;
  // dbt's Graph.select_successors and .get_dependent_nodes. Edges of every kind count.
  std::vector<Row> SelectSuccessors(std::span<const Row> rows) const;
  std::vector<Row> DependentNodes(Row row) const;
  // The ancestors and descendants of every row, as compressed sparse rows, nearest first; none for
  // a row that is no node. The size is that of the result, which can be quadratic; throws
  // std::length_error for more entries than 32 bits can number.
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
  // Throws GraphError if dbt would refuse the manifest (graph/link_order.h, CheckLinks), or, for a
  // graph that is not the manifest's own, if there is a cycle.
  void Check() const;

  // --- changes, as networkx.DiGraph makes them ---

  // Adds a node, unless there is one of that name. Returns its row.
  Row AddNode(std::string_view name);
  void RemoveNode(Row row) { Own().RemoveNode(row); }
  // Adds an edge, and its missing ends.
  void AddEdge(std::string_view from, std::string_view to);
  // Removes an edge. Returns whether there was one.
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
