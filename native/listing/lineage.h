// The graph of a selection: what is selected, and how it hangs together across what is not.

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
  // For each place, those of its nearest selected descendants: there is a path to each on which
  // nothing else is selected. Ascending.
  std::vector<std::vector<uint32_t>> children;
  // How many nearest selected ancestors each place has.
  std::vector<uint32_t> parent_counts;
  uint64_t edge_count = 0;
};

// `rows` must be ascending. Takes time linear in the graph, and beyond that for each row linear in
// the part of the graph between it and those descendants. A lineage is for drawing: throws Error
// where it would have over a million edges, or take the time of a hundred times as many, as when
// thousands of resources are selected above and below one that is not.
Lineage BuildLineage(const Dependencies& graph, std::span<const Row> rows);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_LINEAGE_H_
