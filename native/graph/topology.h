// Orders and cycles of a graph.
//
// The results are networkx's, ties included: the graph's own order decides among equals. Edges of
// every kind count. All take time and memory linear in the graph.

#ifndef FLATMANIFEST_GRAPH_TOPOLOGY_H_
#define FLATMANIFEST_GRAPH_TOPOLOGY_H_

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "graph/digraph.h"
#include "graph/node_names.h"
#include "graph/packed_digraph.h"

namespace flatmanifest {

// Nodes by the length of the longest path to them: generation g is rows[starts[g] .. starts[g +
// 1]), and `rows` is a topological order. Nodes on a cycle, and nodes behind one, are left out.
struct Generations {
  std::vector<Row> rows;
  std::vector<uint32_t> starts;

  uint32_t count() const { return static_cast<uint32_t>(starts.size() - 1); }
  std::span<const Row> operator[](uint32_t generation) const {
    return std::span(rows).subspan(starts[generation], starts[generation + 1] - starts[generation]);
  }
};

// networkx.topological_generations and, in `rows`, networkx.topological_sort.
Generations TopologicalGenerations(const Digraph& graph);
Generations TopologicalGenerations(const PackedDigraph& graph);

// The score of a node in no generation.
inline constexpr uint32_t kNoScore = std::numeric_limits<uint32_t>::max();

// The order in which dbt's queue gives out ready nodes, by row: lower scores first
// (dbt/graph/queue.py, GraphQueue._get_scores). The score is the generation: dbt splits the graph
// into connected components first, which changes none. kNoScore for rows below `row_limit` without
// one.
std::vector<uint32_t> QueueScores(const Generations& generations, uint32_t row_limit);
std::vector<uint32_t> QueueScores(const Digraph& graph);

// The first cycle that networkx.find_cycle finds, as its nodes in order: an edge leads from each to
// the next, and from the last to the first. Empty if there is none.
std::vector<Row> FindCycle(const Digraph& graph);

// "a --> b --> c" (dbt/compilation.py, Linker.find_cycles). Throws FormatError.
std::string CycleText(const std::vector<Row>& cycle, const NodeNames& names);

// Throws GraphError, "Found a cycle: a --> b --> c", as dbt does, if there is a cycle.
void CheckAcyclic(const Digraph& graph, const NodeNames& names);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_TOPOLOGY_H_
