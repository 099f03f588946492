#include "graph/topology.h"

#include <algorithm>

#include "graph/graph_error.h"

namespace flatmanifest {

namespace {

// How far the search for a cycle is with a node.
enum class Visit : uint8_t { kNone, kOnPath, kDone };

}  // namespace

Generations TopologicalGenerations(const Digraph& graph) {
  Generations generations{{}, {0}};
  generations.rows.reserve(graph.node_count());
  std::vector<uint32_t> waiting_for(graph.row_limit());
  for (const Row row : graph.Nodes()) {
    waiting_for[row] = graph.InDegree(row);
    if (waiting_for[row] == 0) generations.rows.push_back(row);
  }
  size_t next = 0;
  while (next < generations.rows.size()) {
    const size_t end = generations.rows.size();
    generations.starts.push_back(static_cast<uint32_t>(end));
    for (; next < end; ++next) {
      for (const Digraph::Link link : graph.Successors(generations.rows[next])) {
        if (--waiting_for[link.row] == 0) generations.rows.push_back(link.row);
      }
    }
  }
  return generations;
}

Generations TopologicallySorted(const Digraph& graph, const NodeNames& names) {
  Generations generations = TopologicalGenerations(graph);
  if (generations.rows.size() != graph.node_count()) CheckAcyclic(graph, names);
  return generations;
}

std::vector<uint32_t> QueueScores(const Digraph& graph) {
  const Generations generations = TopologicalGenerations(graph);
  std::vector<uint32_t> scores(graph.row_limit(), kNoScore);
  for (uint32_t generation = 0; generation < generations.count(); ++generation) {
    for (const Row row : generations[generation]) scores[row] = generation;
  }
  return scores;
}

std::vector<Row> FindCycle(const Digraph& graph) {
  using Links = Digraph::LinkRange::Iterator;
  const Links end;
  std::vector<Visit> visits(graph.row_limit(), Visit::kNone);
  std::vector<Row> path;
  std::vector<Links> next;  // for each node of the path, its next edge
  const auto enter = [&](Row row) {
    visits[row] = Visit::kOnPath;
    path.push_back(row);
    next.push_back(graph.Successors(row).begin());
  };
  for (const Row start : graph.Nodes()) {
    if (visits[start] == Visit::kNone) enter(start);
    while (!path.empty()) {
      if (next.back() == end) {
        visits[path.back()] = Visit::kDone;
        path.pop_back();
        next.pop_back();
        continue;
      }
      const Row row = (*next.back()++).row;
      if (visits[row] == Visit::kOnPath) {
        path.erase(path.begin(), std::find(path.begin(), path.end(), row));
        return path;
      }
      if (visits[row] == Visit::kNone) enter(row);
    }
  }
  return {};
}

std::string CycleText(const std::vector<Row>& cycle, const NodeNames& names) {
  std::string text;
  for (const Row row : cycle) {
    if (!text.empty()) text += " --> ";
    text += names.Name(row);
  }
  return text;
}

void CheckAcyclic(const Digraph& graph, const NodeNames& names) {
  const std::vector<Row> cycle = FindCycle(graph);
  if (!cycle.empty()) throw GraphError("Found a cycle: " + CycleText(cycle, names));
}

}  // namespace flatmanifest
