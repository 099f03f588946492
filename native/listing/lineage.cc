#include "listing/lineage.h"

#include <algorithm>

namespace flatmanifest {

Lineage BuildLineage(const Dependencies& graph, std::span<const Row> rows) {
  constexpr uint32_t kUnselected = kNoRow;
  Lineage lineage;
  lineage.rows.assign(rows.begin(), rows.end());
  lineage.children.resize(rows.size());
  lineage.parent_counts.resize(rows.size());
  std::vector<uint32_t> places(graph.size(), kUnselected);
  for (uint32_t place = 0; place < rows.size(); ++place) places[rows[place]] = place;

  // The walk that last came to a row; places are numbered from 1 here.
  std::vector<uint32_t> visited(graph.size(), 0);
  std::vector<Row> stack;
  for (uint32_t place = 0; place < rows.size(); ++place) {
    std::vector<uint32_t>& children = lineage.children[place];
    stack.assign(1, rows[place]);
    while (!stack.empty()) {
      const Row row = stack.back();
      stack.pop_back();
      for (const Row child : graph.Children(row)) {
        if (visited[child] == place + 1) continue;
        visited[child] = place + 1;
        if (places[child] == kUnselected) {
          stack.push_back(child);
        } else if (places[child] != place) {
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
