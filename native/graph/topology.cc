#include "graph/topology.h"

#include <algorithm>

#include "graph/graph_error.h"

namespace flatmanifest {

namespace {

// The state of a node in the search for a cycle.
enum class Visit : uint8_t { kNone, kOnPath, kDone };

Row RowOf(Row row) { return row; }
Row RowOf(Digraph::Link link) { return link.row; }

// Kahn's algorithm, a generation at a time.
template <typename AnyDigraph>
Generations Generate(const AnyDigraph& graph) {
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
      for (const auto successor : graph.Successors(generations.rows[next])) {
        const Row row = RowOf(successor);
        if (--waiting_for[row] == 0) generations.rows.push_back(row);
      }
    }
  }
  return generations;
}

}  // namespace

Generations TopologicalGenerations(const Digraph& graph) { return Generate(graph); }
Generations TopologicalGenerations(const PackedDigraph& graph) { return Generate(graph); }

std::vector<uint32_t> QueueScores(const Generations& generations, uint32_t row_limit) {
  std::vector<uint32_t> scores(row_limit, kNoScore);
  for (uint32_t generation = 0; generation < generations.count(); ++generation) {
    for (const Row row : generations[generation]) scores[row] = generation;
  }
  return scores;
}

std::vector<uint32_t> QueueScores(const Digraph& graph) {
  return QueueScores(TopologicalGenerations(graph), graph.row_limit());
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
