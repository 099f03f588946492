#include "listing/lineage.h"

#include <algorithm>

#include "format/error.h"
#include "graph/row_set.h"

namespace flatmanifest {

namespace {

constexpr uint64_t kMostEdges = 1'000'000;
constexpr uint64_t kMostSteps = 100 * kMostEdges;

[[noreturn]] void FailTooLarge() {
  throw Error(
      "the selection hangs together in too many ways to be drawn (over 1,000,000); select less, or "
      "also what lies between");
}

}  // namespace

Lineage BuildLineage(const Dependencies& graph, std::span<const Row> rows) {
  constexpr uint32_t kUnselected = kNoRow;
  Lineage lineage;
  lineage.rows.assign(rows.begin(), rows.end());
  lineage.children.resize(rows.size());
  lineage.parent_counts.resize(rows.size());
  std::vector<uint32_t> places(graph.size(), kUnselected);
  for (uint32_t place = 0; place < rows.size(); ++place) places[rows[place]] = place;

  // Walks do not enter rows that lead to nothing selected.
  RowSet selected(graph.size());
  for (const Row row : rows) selected.Insert(row);
  const RowSet leading = selected | Reach(graph.parents(), selected, RowSet::All(graph.size()));

  uint64_t steps = 0;
  // The last walk that came to a row, by its place plus 1.
  std::vector<uint32_t> visited(graph.size(), 0);
  std::vector<Row> stack;
  for (uint32_t place = 0; place < rows.size(); ++place) {
    std::vector<uint32_t>& children = lineage.children[place];
    stack.assign(1, rows[place]);
    while (!stack.empty()) {
      const Row row = stack.back();
      stack.pop_back();
      steps += graph.Children(row).size();
      if (steps > kMostSteps) FailTooLarge();
      for (const Row child : graph.Children(row)) {
        if (visited[child] == place + 1 || !leading.Contains(child)) continue;
        visited[child] = place + 1;
        if (places[child] == kUnselected) {
          stack.push_back(child);
        } else if (places[child] != place) {
          if (++lineage.edge_count > kMostEdges) FailTooLarge();
          children.push_back(places[child]);
          ++lineage.parent_counts[places[child]];
        }
      }
    }
    std::sort(children.begin(), children.end());
  }
  return lineage;
}

}  // namespace flatmanifest
