#include "graph/subset.h"

#include <algorithm>
#include <vector>

#include "format/interruption.h"

namespace flatmanifest {

namespace {

constexpr uint64_t kStepsOfRemoval = 256;  // in steps of a walk

uint64_t PathsThrough(const Digraph& graph, Row row) {
  return uint64_t{graph.InDegree(row)} * graph.OutDegree(row);
}

// Removes nodes that are on no path between others, until there are none. dbt does so in rounds
// over all nodes; the result does not depend on the order.
void RemoveLooseEnds(Digraph& graph, const RowSet& kept) {
  const auto is_loose = [&](Row row) {
    return !kept.Contains(row) && PathsThrough(graph, row) == 0;
  };
  std::vector<Row> loose;
  for (const Row row : graph.Nodes()) {
    if (is_loose(row)) loose.push_back(row);
  }
  std::vector<Row> neighbours;
  while (!loose.empty()) {
    const Row row = loose.back();
    loose.pop_back();
    if (!graph.Has(row)) continue;  // was found loose twice
    neighbours.clear();
    for (const Digraph::Link link : graph.Successors(row)) neighbours.push_back(link.row);
    for (const Digraph::Link link : graph.Predecessors(row)) neighbours.push_back(link.row);
    graph.RemoveNode(row);
    for (const Row neighbour : neighbours) {
      if (is_loose(neighbour)) loose.push_back(neighbour);
    }
  }
}

// Removes a node, and adds an edge for each path through it.
void BypassNode(Digraph& graph, Row row) {
  std::vector<Row> sources;
  for (const Digraph::Link link : graph.Predecessors(row)) sources.push_back(link.row);
  std::vector<Row> targets;
  for (const Digraph::Link link : graph.Successors(row)) targets.push_back(link.row);
  for (const Row source : sources) {
    for (const Row target : targets) {
      if (source != target) graph.AddEdge(source, target);
    }
  }
  graph.RemoveNode(row);
}

}  // namespace

Digraph Subgraph(const Digraph& graph, const RowSet& kept) {
  Digraph part = graph;
  for (const Row row : graph.Nodes()) {
    if (!kept.Contains(row)) part.RemoveNode(row);
  }
  return part;
}

Digraph SubsetGraph(const Digraph& graph, const RowSet& kept) {
  Digraph part = graph.CopyInNodeOrder();
  RemoveLooseEnds(part, kept);
  // dbt sorts the remaining nodes once, by their degrees before the first of them is removed.
  struct Removal {
    uint64_t paths;
    Row row;
  };
  std::vector<Removal> removals;
  for (const Row row : part.Nodes()) {
    if (!kept.Contains(row)) removals.push_back({PathsThrough(part, row), row});
  }
  std::stable_sort(removals.begin(), removals.end(),
                   [](const Removal& a, const Removal& b) { return a.paths < b.paths; });
  Patience patience;
  for (const Removal& removal : removals) {
    patience.Step(kStepsOfRemoval);
    BypassNode(part, removal.row);
  }
  return part;
}

}  // namespace flatmanifest
