// Paths between two nodes.

#ifndef FLATMANIFEST_GRAPH_PATHS_H_
#define FLATMANIFEST_GRAPH_PATHS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "format/interruption.h"
#include "graph/digraph.h"
#include "graph/row_set.h"

namespace flatmanifest {

// The shortest path from one node to another, both included; empty if there is none. Among equally
// short paths it is that of networkx.shortest_path, whose search goes from both ends
// (networkx.bidirectional_shortest_path). Edges of every kind count. Linear.
std::vector<Row> ShortestPath(const Digraph& graph, Row from, Row to);

// All paths from one node to another that pass no node twice, one at a time, in the order of
// networkx.all_simple_paths.
//
// There can be exponentially many, but each comes soon: only edges after which the end can still be
// reached are followed. The next path takes time linear in its length and the edges at its nodes;
// if nodes between the two lie on a cycle, time linear in the graph for each node of the path.
class SimplePaths {
 public:
  // Borrows the graph, which must not change. Linear.
  SimplePaths(const Digraph& graph, Row from, Row to);

  // The next path; empty when there are no more.
  std::vector<Row> Next();

 private:
  using Links = Digraph::LinkRange::Iterator;

  bool LeadsToEnd(Row row);
  bool HasCycleBetween() const;
  void Enter(Row row);
  void Leave();

  const Digraph& graph_;
  const Row to_;
  RowSet may_lead_;  // rows from which there is a path to the end
  RowSet on_path_;
  bool has_cycle_ = false;
  std::optional<Row> trivial_;  // the end that is the start
  std::vector<Row> path_;
  std::vector<Links> next_;  // for each node of the path, its next edge
  Patience patience_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_PATHS_H_
