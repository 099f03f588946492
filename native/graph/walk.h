// Walks from some nodes to the nodes within reach. The time depends on the result, not on the size
// of the graph. (graph/traversal.h works on sets of rows of the whole graph instead.)

#ifndef FLATMANIFEST_GRAPH_WALK_H_
#define FLATMANIFEST_GRAPH_WALK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "format/cell.h"
#include "format/interruption.h"
#include "graph/traversal.h"

namespace flatmanifest {

// The rows that a walk has met, in order, with a test of membership. The bits for that belong to
// the thread and are clear between walks, so that starting a walk costs nothing. A thread makes one
// walk at a time.
class MetRows {
 public:
  // For rows below `row_limit`.
  explicit MetRows(uint32_t row_limit);
  ~MetRows() { Clear(); }
  MetRows(const MetRows&) = delete;
  MetRows& operator=(const MetRows&) = delete;

  // Inserts a row. Returns whether it is new.
  bool Insert(Row row) {
    uint64_t& word = bits_[row / 64];
    const uint64_t bit = uint64_t{1} << (row % 64);
    if ((word & bit) != 0) return false;
    rows_.push_back(row);  // first: what has its bit set must be in here to be cleared
    word |= bit;
    return true;
  }
  size_t size() const { return rows_.size(); }
  Row operator[](size_t i) const { return rows_[i]; }
  // Takes the rows, in order.
  std::vector<Row> Take() {
    Clear();
    return std::move(rows_);
  }

 private:
  void Clear() {
    for (const Row row : rows_) bits_[row / 64] = 0;
  }

  uint64_t* bits_;
  std::vector<Row> rows_;
};

// The rows 1 to `depth` edges from `from`, each once, nearest first. Rows of `from` are among them
// only if another (or, in a cycle, itself) leads there. `for_each_neighbour(row, visit)` calls
// visit(neighbour) for each edge that counts. Throws Interrupted.
//
// This is dbt's select_children and select_parents (dbt/graph/graph.py).
template <typename ForEachNeighbour>
std::vector<Row> WalkFromAll(std::span<const Row> from, uint32_t row_limit, uint64_t depth,
                             ForEachNeighbour for_each_neighbour) {
  MetRows met(row_limit);
  if (depth == 0) return {};
  const auto meet = [&met](Row row) { met.Insert(row); };
  for (const Row row : from) for_each_neighbour(row, meet);
  Patience patience;
  size_t next = 0;
  for (uint64_t step = 1; step < depth && next < met.size(); ++step) {
    for (const size_t end = met.size(); next < end; ++next) {
      patience.Step();
      for_each_neighbour(met[next], meet);
    }
  }
  return met.Take();
}

// WalkFromAll from one row, which is not in the result even if a cycle leads back to it: dbt's
// ancestors and descendants, which are networkx's breadth-first search.
template <typename ForEachNeighbour>
std::vector<Row> WalkFrom(Row from, uint32_t row_limit, uint64_t depth,
                          ForEachNeighbour for_each_neighbour) {
  MetRows met(row_limit);
  const auto meet = [&met](Row row) { met.Insert(row); };
  meet(from);
  Patience patience;
  size_t next = 0;
  for (uint64_t step = 0; step < depth && next < met.size(); ++step) {
    for (const size_t end = met.size(); next < end; ++next) {
      patience.Step();
      for_each_neighbour(met[next], meet);
    }
  }
  std::vector<Row> rows = met.Take();
  rows.erase(rows.begin());
  return rows;
}

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_WALK_H_
