#include "graph/paths.h"

#include <algorithm>
#include <utility>

#include "graph/walk.h"

namespace flatmanifest {

namespace {

// One direction of the search of ShortestPath.
struct HalfSearch {
  explicit HalfSearch(uint32_t row_limit, Row start)
      : came_from(row_limit, kNoRow), met(row_limit) {
    met.Insert(start);
    fringe.push_back(start);
  }
  // Follows one more edge from the fringe's nodes; returns the first node that the other end's
  // search has met, if any.
  template <typename LinksOf>
  std::optional<Row> Advance(const HalfSearch& other, LinksOf links_of) {
    std::vector<Row> level;
    std::swap(level, fringe);
    for (const Row row : level) {
      for (const Digraph::Link link : links_of(row)) {
        if (met.Insert(link.row)) {
          came_from[link.row] = row;
          fringe.push_back(link.row);
        }
        if (other.met.Contains(link.row)) return link.row;
      }
    }
    return std::nullopt;
  }

  std::vector<Row> came_from;
  RowSet met;
  std::vector<Row> fringe;
};

}  // namespace

std::vector<Row> ShortestPath(const Digraph& graph, Row from, Row to) {
  if (from == to) return {from};
  HalfSearch forward(graph.row_limit(), from);
  HalfSearch backward(graph.row_limit(), to);
  std::optional<Row> meeting;
  while (!meeting && !forward.fringe.empty() && !backward.fringe.empty()) {
    if (forward.fringe.size() <= backward.fringe.size()) {
      meeting = forward.Advance(backward, [&](Row row) { return graph.Successors(row); });
    } else {
      meeting = backward.Advance(forward, [&](Row row) { return graph.Predecessors(row); });
    }
  }
  if (!meeting) return {};
  std::vector<Row> path;
  for (Row row = *meeting; row != kNoRow; row = forward.came_from[row]) path.push_back(row);
  std::reverse(path.begin(), path.end());
  for (Row row = backward.came_from[*meeting]; row != kNoRow; row = backward.came_from[row]) {
    path.push_back(row);
  }
  return path;
}

SimplePaths::SimplePaths(const Digraph& graph, Row from, Row to)
    : graph_(graph), to_(to), may_lead_(graph.row_limit()), on_path_(graph.row_limit()) {
  if (from == to) {
    trivial_ = from;
    return;
  }
  const auto for_each_parent = [&](Row row, auto visit) {
    for (const Digraph::Link link : graph_.Predecessors(row)) visit(link.row);
  };
  may_lead_.Insert(to);
  for (const Row row : WalkFrom(to, graph.row_limit(), kAnyDepth, for_each_parent)) {
    may_lead_.Insert(row);
  }
  if (!may_lead_.Contains(from)) return;
  Enter(from);
  has_cycle_ = HasCycleBetween();
}

std::vector<Row> SimplePaths::Next() {
  if (trivial_) return {*std::exchange(trivial_, std::nullopt)};
  while (!path_.empty()) {
    patience_.Step();
    if (next_.back() == Links()) {
      Leave();
      continue;
    }
    const Row row = (*next_.back()++).row;
    if (row == to_) {
      std::vector<Row> path = path_;
      path.push_back(row);
      return path;
    }
    if (may_lead_.Contains(row) && !on_path_.Contains(row) && LeadsToEnd(row)) Enter(row);
  }
  return {};
}

// Whether a path leads from `row` to the end without the nodes of the current path. Without cycles,
// any path to the end does.
bool SimplePaths::LeadsToEnd(Row row) {
  if (!has_cycle_) return true;
  MetRows met(graph_.row_limit());
  met.Insert(row);
  for (size_t i = 0; i < met.size(); ++i) {
    patience_.Step();
    for (const Digraph::Link link : graph_.Successors(met[i])) {
      if (link.row == to_) return true;
      if (may_lead_.Contains(link.row) && !on_path_.Contains(link.row)) met.Insert(link.row);
    }
  }
  return false;
}

// Whether nodes between start and end lie on a cycle: then no topological order of them, without
// the end, reaches all.
bool SimplePaths::HasCycleBetween() const {
  const auto for_each_child = [&](Row row, auto visit) {
    for (const Digraph::Link link : graph_.Successors(row)) {
      if (link.row != to_ && may_lead_.Contains(link.row)) visit(link.row);
    }
  };
  std::vector<Row> between = WalkFrom(path_[0], graph_.row_limit(), kAnyDepth, for_each_child);
  between.push_back(path_[0]);
  std::vector<uint32_t> waiting_for(graph_.row_limit());
  const auto expect = [&](Row row) { ++waiting_for[row]; };
  for (const Row row : between) for_each_child(row, expect);
  std::vector<Row> ready;
  for (const Row row : between) {
    if (waiting_for[row] == 0) ready.push_back(row);
  }
  const auto release = [&](Row row) {
    if (--waiting_for[row] == 0) ready.push_back(row);
  };
  // No range-based loop: release() makes the list longer. NOLINTNEXTLINE(modernize-loop-convert)
  for (size_t i = 0; i < ready.size(); ++i) for_each_child(ready[i], release);
  return ready.size() != between.size();
}

void SimplePaths::Enter(Row row) {
  on_path_.Insert(row);
  path_.push_back(row);
  next_.push_back(graph_.Successors(row).begin());
}

void SimplePaths::Leave() {
  on_path_.Erase(path_.back());
  path_.pop_back();
  next_.pop_back();
}

}  // namespace flatmanifest
