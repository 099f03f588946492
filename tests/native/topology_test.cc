#include "graph/topology.h"

#include <gtest/gtest.h>

#include "graph/graph_error.h"
#include "testing/graph_of.h"
#include "testing/message_of.h"

namespace flatmanifest {
namespace {

using testing::DigraphOf;
using testing::Rows;

constexpr Row kDeep = 1'000'000;

Digraph DeepChain() {
  Digraph graph(kDeep);
  for (Row row = 0; row < kDeep; ++row) graph.AddNode(row);
  for (Row row = 1; row < kDeep; ++row) graph.AppendEdge(row - 1, row);
  return graph;
}

TEST(TopologyTest, GenerationsGoByTheLongestPathInTheGraphsOrder) {
  const Generations generations =
      TopologicalGenerations(DigraphOf({{3, 1}, {0, 1}, {1, 2}, {3, 2}, {0, 4}}));
  EXPECT_EQ(generations.rows, (Rows{3, 0, 1, 4, 2}));
  EXPECT_EQ(generations.starts, (std::vector<uint32_t>{0, 2, 4, 5}));
  EXPECT_EQ(generations.count(), 3U);
  EXPECT_EQ(Rows(generations[1].begin(), generations[1].end()), (Rows{1, 4}));
}

TEST(TopologyTest, APackedGraphIsReadAlike) {
  Digraph graph = DigraphOf({{3, 1}, {0, 1}, {1, 2}, {3, 2}, {0, 4}, {6, 5}, {5, 6}});
  graph.RemoveNode(1);
  const PackedDigraph packed(graph);
  EXPECT_EQ(packed.row_limit(), 7U);
  EXPECT_EQ(packed.node_count(), 6U);
  EXPECT_EQ(Rows(packed.Nodes().begin(), packed.Nodes().end()), testing::NodesOf(graph));
  EXPECT_EQ(packed.InDegree(2), 1U);
  EXPECT_EQ(TopologicalGenerations(packed).rows, TopologicalGenerations(graph).rows);
  EXPECT_EQ(TopologicalGenerations(packed).starts, TopologicalGenerations(graph).starts);
}

TEST(TopologyTest, AnEmptyGraphHasNoGenerations) {
  EXPECT_EQ(TopologicalGenerations(Digraph()).count(), 0U);
  EXPECT_TRUE(QueueScores(Digraph()).empty());
  EXPECT_TRUE(FindCycle(Digraph()).empty());
}

TEST(TopologyTest, CyclesHaveNoGeneration) {
  const Digraph graph = DigraphOf({{0, 1}, {1, 2}, {2, 1}, {2, 3}});
  EXPECT_EQ(TopologicalGenerations(graph).rows, Rows{0});
  EXPECT_EQ(QueueScores(graph), (std::vector<uint32_t>{0, kNoScore, kNoScore, kNoScore}));
}

TEST(TopologyTest, FindsTheCycleAndNotTheWayToIt) {
  EXPECT_EQ(FindCycle(DigraphOf({{0, 1}, {1, 2}, {2, 3}, {3, 1}})), (Rows{1, 2, 3}));
  EXPECT_EQ(FindCycle(DigraphOf({{0, 1}, {0, 0}})), Rows{0});
  EXPECT_EQ(FindCycle(DigraphOf({{0, 1}, {0, 2}, {1, 2}})), Rows{});
}

TEST(TopologyTest, NamesTheCycleAsDbtDoes) {
  NodeNames names;
  for (const char* name : {"model.a", "model.b"}) names.Add(name);
  const Digraph graph = DigraphOf({{0, 1}, {1, 0}});
  EXPECT_EQ(CycleText(FindCycle(graph), names), "model.a --> model.b");
  const std::string message = "Found a cycle: model.a --> model.b";
  EXPECT_EQ(testing::MessageOf<GraphError>([&] { CheckAcyclic(graph, names); }), message);
  CheckAcyclic(DigraphOf({{0, 1}}), names);
}

TEST(TopologyTest, DeepChainsNeedNoStack) {
  Digraph graph = DeepChain();
  EXPECT_EQ(QueueScores(graph)[kDeep - 1], kDeep - 1);
  EXPECT_TRUE(FindCycle(graph).empty());
  graph.AppendEdge(kDeep - 1, 0);
  EXPECT_EQ(FindCycle(graph).size(), kDeep);
}

}  // namespace
}  // namespace flatmanifest
