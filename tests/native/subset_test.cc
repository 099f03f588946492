#include "graph/subset.h"

#include <gtest/gtest.h>

#include "testing/graph_of.h"

namespace flatmanifest {
namespace {

using testing::DigraphOf;
using testing::EdgesOf;
using testing::NodesOf;
using testing::Pairs;
using testing::Rows;

RowSet SetOf(const Digraph& graph, const Rows& rows) {
  RowSet set(graph.row_limit());
  for (const Row row : rows) set.Insert(row);
  return set;
}

TEST(SubsetTest, ASubgraphLosesPathsThroughWhatIsRemoved) {
  const Digraph graph = DigraphOf({{3, 1}, {1, 0}, {3, 2}, {2, 0}, {3, 0}});
  const Digraph part = Subgraph(graph, SetOf(graph, {0, 3, 2}));
  EXPECT_EQ(NodesOf(part), (Rows{3, 0, 2}));
  EXPECT_EQ(EdgesOf(part), (Pairs{{3, 2}, {3, 0}, {2, 0}}));
  EXPECT_EQ(graph.node_count(), 4U);
}

TEST(SubsetTest, ASubsetKeepsThem) {
  const Digraph graph = DigraphOf({{0, 1}, {1, 2}, {2, 3}, {1, 4}, {4, 5}});
  EXPECT_EQ(EdgesOf(SubsetGraph(graph, SetOf(graph, {0, 3, 5}))), (Pairs{{0, 3}, {0, 5}}));
  EXPECT_EQ(NodesOf(SubsetGraph(graph, SetOf(graph, {2}))), Rows{2});
  EXPECT_EQ(NodesOf(SubsetGraph(graph, SetOf(graph, {}))), Rows{});
}

TEST(SubsetTest, NoEdgeFromANodeToItself) {
  const Digraph graph = DigraphOf({{0, 1}, {1, 0}, {1, 1}, {2, 2}});
  const Digraph part = SubsetGraph(graph, SetOf(graph, {0}));
  EXPECT_EQ(NodesOf(part), Rows{0});
  EXPECT_EQ(part.edge_count(), 0U);
}

TEST(SubsetTest, EdgesThatStandInForPathsAreNoTestEdges) {
  Digraph graph = DigraphOf({{0, 1}});
  graph.AddEdge(1, 2, EdgeKind::kParentTest);
  graph.AddEdge(0, 3, EdgeKind::kParentTest);
  const Digraph part = SubsetGraph(graph, SetOf(graph, {0, 2, 3}));
  EXPECT_EQ(EdgesOf(part), (Pairs{{0, 3}, {0, 2}}));
  EXPECT_EQ(EdgesOf(part, EdgeKind::kParentTest), (Pairs{{0, 3}}));
}

TEST(SubsetTest, LooseEndsOfADeepChainGoInLinearTime) {
  constexpr Row kDeep = 1'000'000;
  Digraph graph(kDeep);
  for (Row row = 0; row < kDeep; ++row) graph.AddNode(row);
  for (Row row = 1; row < kDeep; ++row) graph.AppendEdge(row - 1, row);
  EXPECT_EQ(NodesOf(SubsetGraph(graph, SetOf(graph, {kDeep / 2}))), Rows{kDeep / 2});
}

}  // namespace
}  // namespace flatmanifest
