#include "graph/reduction.h"

#include <gtest/gtest.h>

#include <random>

#include "testing/graph_of.h"

namespace flatmanifest {
namespace {

using testing::DigraphOf;
using testing::EdgesOf;
using testing::Pairs;

TEST(ReductionTest, RemovesEdgesThatALongerPathReplaces) {
  EXPECT_EQ(
      EdgesOf(TransitiveReduction(DigraphOf({{0, 3}, {0, 1}, {1, 2}, {2, 3}, {0, 2}, {1, 3}}))),
      (Pairs{{0, 1}, {1, 2}, {2, 3}}));
  EXPECT_EQ(EdgesOf(TransitiveReduction(Digraph())), Pairs{});
}

TEST(ReductionTest, KeepsNodesAndKinds) {
  Digraph graph = DigraphOf({{0, 1}});
  graph.AddNode(2);
  graph.AddEdge(0, 2, EdgeKind::kParentTest);
  const Digraph reduced = TransitiveReduction(graph);
  EXPECT_EQ(testing::NodesOf(reduced), testing::NodesOf(graph));
  EXPECT_EQ(EdgesOf(reduced, EdgeKind::kParentTest), (Pairs{{0, 2}}));
}

TEST(ReductionTest, RandomGraphsAgreeWithTheClosure) {
  std::mt19937 random(5);
  for (int round = 0; round < 100; ++round) {
    constexpr Row kRows = 14;
    Digraph graph;
    for (int i = 0; i < 50; ++i) {
      const auto from = static_cast<Row>(random() % kRows);
      const auto to = static_cast<Row>(random() % kRows);
      if (from < to) graph.AddEdge(from, to);
    }
    bool reach[kRows][kRows] = {};
    for (const auto& [from, to] : EdgesOf(graph)) reach[from][to] = true;
    for (Row by = 0; by < kRows; ++by) {
      for (auto& reached : reach) {
        for (Row to = 0; to < kRows; ++to) reached[to] |= reached[by] && reach[by][to];
      }
    }
    Pairs expected;
    for (const auto& [from, to] : EdgesOf(graph)) {
      bool longer = false;
      for (Row by = 0; by < kRows; ++by) longer |= reach[from][by] && reach[by][to];
      if (!longer) expected.emplace_back(from, to);
    }
    EXPECT_EQ(EdgesOf(TransitiveReduction(graph)), expected);
  }
}

}  // namespace
}  // namespace flatmanifest
