#include "graph/digraph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

#include "testing/graph_of.h"

namespace flatmanifest {
namespace {

using testing::DigraphOf;
using testing::EdgesOf;
using testing::NodesOf;
using testing::Pairs;
using testing::PredecessorsOf;
using testing::Rows;
using testing::SuccessorsOf;

TEST(DigraphTest, Empty) {
  const Digraph graph;
  EXPECT_EQ(graph.node_count(), 0U);
  EXPECT_EQ(graph.edge_count(), 0U);
  EXPECT_EQ(NodesOf(graph), Rows{});
  EXPECT_FALSE(graph.Has(0));
  EXPECT_FALSE(graph.HasEdge(0, 1));
}

TEST(DigraphTest, KeepsTheOrderOfAdding) {
  const Digraph graph = DigraphOf({{5, 2}, {5, 1}, {0, 1}, {5, 2}, {1, 1}});
  EXPECT_EQ(NodesOf(graph), (Rows{5, 2, 1, 0}));
  EXPECT_EQ(SuccessorsOf(graph, 5), (Rows{2, 1}));
  EXPECT_EQ(PredecessorsOf(graph, 1), (Rows{5, 0, 1}));
  EXPECT_EQ(graph.InDegree(1), 3U);
  EXPECT_EQ(graph.OutDegree(1), 1U);
  EXPECT_EQ(graph.edge_count(), 4U);
  EXPECT_EQ(graph.row_limit(), 6U);
  EXPECT_FALSE(graph.Has(3));
}

TEST(DigraphTest, AddingAgainKeepsThePlaceUnlessRemovedBefore) {
  Digraph graph = DigraphOf({{0, 1}, {0, 2}, {0, 3}});
  EXPECT_FALSE(graph.AddEdge(0, 1));
  EXPECT_FALSE(graph.AddNode(0));
  EXPECT_EQ(SuccessorsOf(graph, 0), (Rows{1, 2, 3}));
  EXPECT_TRUE(graph.RemoveEdge(0, 1));
  EXPECT_FALSE(graph.RemoveEdge(0, 1));
  EXPECT_TRUE(graph.AddEdge(0, 1));
  EXPECT_EQ(SuccessorsOf(graph, 0), (Rows{2, 3, 1}));
  graph.RemoveNode(0);
  EXPECT_EQ(NodesOf(graph), (Rows{1, 2, 3}));
  EXPECT_EQ(graph.edge_count(), 0U);
  EXPECT_TRUE(graph.AddNode(0));
  EXPECT_EQ(NodesOf(graph), (Rows{1, 2, 3, 0}));
}

TEST(DigraphTest, AnEdgeBecomesATestEdgeAndStaysOne) {
  Digraph graph = DigraphOf({{0, 1}});
  EXPECT_FALSE(graph.AddEdge(0, 1, EdgeKind::kParentTest));
  EXPECT_EQ(EdgesOf(graph, EdgeKind::kParentTest), (Pairs{{0, 1}}));
  EXPECT_FALSE(graph.AddEdge(0, 1));
  EXPECT_EQ(EdgesOf(graph, EdgeKind::kParentTest), (Pairs{{0, 1}}));
}

TEST(DigraphTest, RemovesLoops) {
  Digraph graph = DigraphOf({{0, 0}, {0, 1}, {1, 0}});
  graph.RemoveNode(0);
  EXPECT_EQ(NodesOf(graph), Rows{1});
  EXPECT_EQ(graph.edge_count(), 0U);
  EXPECT_EQ(graph.InDegree(1), 0U);
}

TEST(DigraphTest, ACopyHasPredecessorsInTheOrderOfNodes) {
  Digraph graph;
  for (const Row row : {0U, 1U, 2U}) graph.AddNode(row);
  graph.AddEdge(1, 2, EdgeKind::kParentTest);
  graph.AddEdge(0, 2);
  EXPECT_EQ(PredecessorsOf(graph, 2), (Rows{1, 0}));
  const Digraph copy = graph.CopyInNodeOrder();
  EXPECT_EQ(PredecessorsOf(copy, 2), (Rows{0, 1}));
  EXPECT_EQ(EdgesOf(copy), EdgesOf(graph));
  EXPECT_EQ(EdgesOf(copy, EdgeKind::kParentTest), (Pairs{{1, 2}}));
}

TEST(DigraphTest, RefusesTheRowThatIsNone) {
  Digraph graph;
  EXPECT_THROW(graph.AddNode(kNoRow), std::length_error);
  EXPECT_FALSE(graph.Has(kNoRow));
}

// Adjacency lists that are searched and shifted: slow, and obviously right.
struct PlainGraph {
  Rows nodes;
  Pairs edges;  // in the order of adding

  bool Has(Row row) const { return std::find(nodes.begin(), nodes.end(), row) != nodes.end(); }
  void AddNode(Row row) {
    if (!Has(row)) nodes.push_back(row);
  }
  void AddEdge(Row from, Row to) {
    AddNode(from);
    AddNode(to);
    if (std::find(edges.begin(), edges.end(), std::pair(from, to)) == edges.end()) {
      edges.emplace_back(from, to);
    }
  }
  void RemoveNode(Row row) {
    std::erase(nodes, row);
    std::erase_if(edges, [&](const auto& edge) { return edge.first == row || edge.second == row; });
  }
  Rows Ends(Row row, bool out) const {
    Rows ends;
    for (const auto& [from, to] : edges) {
      if ((out ? from : to) == row) ends.push_back(out ? to : from);
    }
    return ends;
  }
};

TEST(DigraphTest, RandomChangesAgreeWithLists) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    Digraph graph;
    PlainGraph expected;
    const auto rows = static_cast<uint32_t>(2 + random() % 20);
    for (int step = 0; step < 200; ++step) {
      const auto a = static_cast<Row>(random() % rows);
      const auto b = static_cast<Row>(random() % rows);
      switch (random() % 8) {
        case 0:
          if (graph.Has(a)) graph.RemoveNode(a);
          expected.RemoveNode(a);
          break;
        case 1:
        case 2:
          EXPECT_EQ(graph.RemoveEdge(a, b), std::erase(expected.edges, std::pair(a, b)) == 1);
          break;
        case 3:
          graph.AddNode(a);
          expected.AddNode(a);
          break;
        default:
          graph.AddEdge(a, b);
          expected.AddEdge(a, b);
      }
    }
    ASSERT_EQ(NodesOf(graph), expected.nodes);
    ASSERT_EQ(graph.edge_count(), expected.edges.size());
    for (const Row row : expected.nodes) {
      EXPECT_EQ(SuccessorsOf(graph, row), expected.Ends(row, true));
      EXPECT_EQ(PredecessorsOf(graph, row), expected.Ends(row, false));
      EXPECT_EQ(graph.OutDegree(row), expected.Ends(row, true).size());
      EXPECT_EQ(graph.InDegree(row), expected.Ends(row, false).size());
    }
    const Digraph unindexed = graph.CopyInNodeOrder();  // looks edges up along its lists
    for (Row a = 0; a < rows; ++a) {
      for (Row b = 0; b < rows; ++b) EXPECT_EQ(unindexed.HasEdge(a, b), graph.HasEdge(a, b));
    }
  }
}

}  // namespace
}  // namespace flatmanifest
