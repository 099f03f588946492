#include "graph/paths.h"

#include <gtest/gtest.h>

#include "testing/graph_of.h"

namespace flatmanifest {
namespace {

using testing::DigraphOf;
using testing::Rows;

std::vector<Rows> AllPaths(const Digraph& graph, Row from, Row to) {
  SimplePaths paths(graph, from, to);
  std::vector<Rows> all;
  for (Rows path = paths.Next(); !path.empty(); path = paths.Next()) all.push_back(path);
  EXPECT_TRUE(paths.Next().empty());
  return all;
}

TEST(PathsTest, ShortestPath) {
  const Digraph graph = DigraphOf({{0, 1}, {1, 2}, {2, 3}, {0, 4}, {4, 3}, {5, 0}});
  EXPECT_EQ(ShortestPath(graph, 0, 3), (Rows{0, 4, 3}));
  EXPECT_EQ(ShortestPath(graph, 5, 2), (Rows{5, 0, 1, 2}));
  EXPECT_EQ(ShortestPath(graph, 3, 0), Rows{});
  EXPECT_EQ(ShortestPath(graph, 1, 1), Rows{1});
}

TEST(PathsTest, AllPathsInTheGraphsOrder) {
  const Digraph graph = DigraphOf({{0, 1}, {0, 2}, {1, 3}, {2, 3}, {1, 2}, {2, 1}});
  EXPECT_EQ(AllPaths(graph, 0, 3),
            (std::vector<Rows>{{0, 1, 3}, {0, 1, 2, 3}, {0, 2, 3}, {0, 2, 1, 3}}));
  EXPECT_EQ(AllPaths(graph, 3, 0), std::vector<Rows>{});
  EXPECT_EQ(AllPaths(graph, 2, 2), std::vector<Rows>{{2}});
}

// Layers of two nodes, each with an edge to both of the next layer: 2^layers paths.
Digraph Braid(Row layers) {
  Digraph graph;
  for (Row layer = 0; layer < layers; ++layer) {
    for (const Row from : {2 * layer, 2 * layer + 1}) {
      for (const Row to : {2 * layer + 2, 2 * layer + 3}) graph.AddEdge(from, to);
    }
  }
  return graph;
}

TEST(PathsTest, DeadEndsAreNotFollowed) {
  Digraph graph = Braid(60);
  const Row start = 200;
  const Row end = 201;
  graph.AddEdge(start, 0);
  graph.AddEdge(start, end);
  EXPECT_EQ(AllPaths(graph, start, end), (std::vector<Rows>{{start, end}}));
  // The way back leads only to the start, which is finished, so nothing of the braid is reachable.
  graph.AddEdge(120, start);
  EXPECT_EQ(AllPaths(graph, start, end), (std::vector<Rows>{{start, end}}));
}

TEST(PathsTest, ManyPathsComeOneByOne) {
  const Digraph graph = Braid(60);
  SimplePaths paths(graph, 0, 120);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(paths.Next().size(), 61U);
}

}  // namespace
}  // namespace flatmanifest
