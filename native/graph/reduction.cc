#include "graph/reduction.h"

#include <algorithm>
#include <vector>

#include "format/interruption.h"
#include "graph/topology.h"
#include "graph/walk.h"

namespace flatmanifest {

namespace {

constexpr uint64_t kStepsOfWalk = 256;  // what a node takes besides the steps of its walk

// The successors of `row` that a longer path reaches as well. Such a path leads through another
// successor of an earlier generation, and through generations before that of the last successor.
void FindShortcuts(const Digraph& graph, const std::vector<uint32_t>& generations, Row row,
                   std::vector<Row>& shortcuts, Patience& patience) {
  uint32_t last = 0;
  for (const Digraph::Link link : graph.Successors(row)) {
    last = std::max(last, generations[link.row]);
  }
  MetRows met(graph.row_limit());
  const auto meet_children = [&](Row parent) {
    for (const Digraph::Link link : graph.Successors(parent)) {
      if (generations[link.row] <= last) met.Insert(link.row);
    }
  };
  for (const Digraph::Link link : graph.Successors(row)) meet_children(link.row);
  for (size_t i = 0; i < met.size(); ++i) meet_children(met[i]);
  patience.Step(kStepsOfWalk + met.size());
  for (const Digraph::Link link : graph.Successors(row)) {
    if (!met.Insert(link.row)) shortcuts.push_back(link.row);
  }
}

}  // namespace

Digraph TransitiveReduction(const Digraph& graph) {
  const std::vector<uint32_t> generations = QueueScores(graph);
  Digraph reduced = graph;
  std::vector<Row> shortcuts;
  Patience patience;
  for (const Row row : graph.Nodes()) {
    if (graph.OutDegree(row) < 2) continue;
    shortcuts.clear();
    FindShortcuts(graph, generations, row, shortcuts, patience);
    for (const Row shortcut : shortcuts) reduced.RemoveEdge(row, shortcut);
  }
  return reduced;
}

}  // namespace flatmanifest
