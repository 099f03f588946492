// The graph of a selection: the selected resources, and their connections through the others.

#ifndef FLATMANIFEST_LISTING_LINEAGE_H_
#define FLATMANIFEST_LISTING_LINEAGE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "graph/traversal.h"

namespace flatmanifest {

// Places are positions in the list of selected rows.
struct Lineage {
  std::vector<Row> rows;
  // For each place, the places of its nearest selected descendants: those that a path without other
  // selected resources leads to. Ascending.
  std::vector<std::vector<uint32_t>> children;
  // The number of nearest selected ancestors of each place.
  std::vector<uint32_t> parent_counts;
  uint64_t edge_count = 0;
};

// `rows` must be ascending. Takes time linear in the graph, and for each row time linear in the
// part of the graph between it and its nearest selected descendants. A lineage is for drawing:
// throws Error if it would have over a million edges, or take the time of a hundred times as many
// (for example, thousands of resources selected above and below one that is not).
Lineage BuildLineage(const Dependencies& graph, std::span<const Row> rows);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_LINEAGE_H_
