#include "graph/graph.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "format/error.h"
#include "graph/graph_error.h"
#include "testing/graph_of.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::MessageOf;
using testing::NodesOf;
using testing::PatchedFile;
using testing::Rows;

class MappedGraphTest : public ::testing::Test {
 protected:
  // Rows: 0 model.shop.orders, 1 model.shop.stg_orders, 2 source.shop.raw.orders; 2 -> 1 -> 0.
  const FileImage image_ = testing::Convert(testing::SampleManifest());
  const Document document_ = testing::Open(image_);
};

TEST_F(MappedGraphTest, AnswersFromTheMapping) {
  const Graph graph(document_);
  ASSERT_NE(graph.mapped(), nullptr);
  EXPECT_EQ(graph.mapped()->children().indices.data(), document_.children().indices.data());
  EXPECT_EQ(graph.node_count(), 3U);
  EXPECT_EQ(graph.edge_count(), 2U);
  EXPECT_EQ(graph.Find("model.shop.stg_orders"), 1U);
  EXPECT_EQ(graph.Find("macro.shop.cents"), kNoRow);
  EXPECT_EQ(graph.InDegree(0), 1U);
  EXPECT_EQ(graph.OutDegree(0), 0U);
  EXPECT_EQ(graph.Ancestors(0, kAnyDepth), (Rows{1, 2}));
  EXPECT_EQ(graph.Descendants(2, 1), Rows{1});
  EXPECT_EQ(graph.SelectChildren(Rows{2}, kAnyDepth), (Rows{1, 0}));
  EXPECT_EQ(graph.SelectParents(Rows{0, 1}, 1), (Rows{1, 2}));
  EXPECT_EQ(graph.SelectChildrensParents(Rows{1}), (Rows{1, 0, 2}));
  EXPECT_EQ(graph.AllDescendants(kAnyDepth).indices, (Rows{0, 1, 0}));
  EXPECT_EQ(graph.AllAncestors(1).indptr, (Rows{0, 1, 2, 2}));
}

TEST_F(MappedGraphTest, IsLinkedOnceForAllCopies) {
  const Graph graph(document_);
  const Graph copy = graph;
  const Digraph* linked[4] = {};
  std::vector<std::thread> threads;
  for (const Digraph*& mine : linked) threads.emplace_back([&] { mine = &graph.digraph(); });
  for (std::thread& thread : threads) thread.join();
  for (const Digraph* mine : linked) EXPECT_EQ(mine, &copy.digraph());
  EXPECT_EQ(NodesOf(graph.digraph()), (Rows{2, 1, 0}));
  EXPECT_EQ(graph.TopologicalOrder().rows, (Rows{2, 1, 0}));
}

TEST_F(MappedGraphTest, AChangeLeavesTheMappingAndCopiesAlone) {
  Graph graph(document_);
  const Graph before = graph;
  graph.AddEdge("model.shop.orders", "exposure.shop.new");
  graph.RemoveNode(1);
  EXPECT_EQ(graph.mapped(), nullptr);
  EXPECT_EQ(graph.document(), &document_);
  EXPECT_EQ(graph.Find("exposure.shop.new"), 3U);
  EXPECT_EQ(graph.Descendants(0, kAnyDepth), Rows{3});
  EXPECT_EQ(graph.Find("model.shop.stg_orders"), kNoRow);
  EXPECT_EQ(graph.names().Name(1), "model.shop.stg_orders");
  EXPECT_EQ(before.Descendants(2, kAnyDepth), (Rows{1, 0}));
  EXPECT_EQ(before.Find("exposure.shop.new"), kNoRow);
  EXPECT_EQ(before.row_limit(), 3U);
  EXPECT_TRUE(graph.RemoveEdge(0, 3));
  EXPECT_FALSE(graph.RemoveEdge(0, 3));
}

TEST_F(MappedGraphTest, GraphsOfItKeepItsRows) {
  const Graph graph(document_);
  const Graph subset = graph.SubsetGraphOf({0, 2});
  EXPECT_EQ(subset.node_count(), 2U);
  EXPECT_EQ(subset.Descendants(2, kAnyDepth), Rows{0});
  EXPECT_EQ(subset.names().Name(0), "model.shop.orders");
  EXPECT_EQ(graph.SubgraphOf({0, 2}).edge_count(), 0U);
  EXPECT_EQ(graph.TransitivelyReduced().edge_count(), 2U);
  const CsrRows children = subset.ChildColumns();
  EXPECT_EQ(children.indptr, (Rows{0, 0, 0, 1}));
  EXPECT_EQ(children.indices, Rows{0});
  EXPECT_EQ(subset.ParentColumns().indices, Rows{2});
}

TEST_F(MappedGraphTest, TestEdgesAreLeftOutOfWalks) {
  const FileImage image = testing::Convert(testing::ManifestOf({
      {"model.a", "nodes", {}},
      {"model.b", "nodes", {"model.a"}},
      {"test.a", "nodes", {"model.a"}},
  }));
  const Document document = testing::Open(image);
  const Graph tested = Graph(document).WithTestEdges(/*fast=*/false);
  EXPECT_EQ(tested.edge_count(), 3U);
  EXPECT_EQ(tested.InDegree(1), 2U);
  EXPECT_EQ(tested.Ancestors(1, kAnyDepth), Rows{0});
  EXPECT_EQ(tested.Descendants(2, kAnyDepth), Rows{});
}

TEST(GraphTest, OfEdges) {
  Graph graph;
  graph.AddEdge("b", "a");
  graph.AddNode("c");
  EXPECT_EQ(graph.node_count(), 3U);
  EXPECT_EQ(graph.Find("b"), 0U);
  EXPECT_EQ(graph.document(), nullptr);
  EXPECT_EQ(graph.Descendants(0, kAnyDepth), Rows{1});
  graph.Check();
  EXPECT_EQ(MessageOf<GraphError>([&] { graph.WithTestEdges(true); }),
            "test edges need a manifest, which says what is a test; this graph is of none");
  graph.AddEdge("a", "b");
  EXPECT_EQ(MessageOf<GraphError>([&] { graph.Check(); }), "Found a cycle: b --> a");
  EXPECT_EQ(MessageOf<GraphError>([&] { graph.TopologicalOrder(); }), "Found a cycle: b --> a");
  EXPECT_EQ(graph.TopologicalGenerations().rows, Rows{2});
  EXPECT_EQ(MessageOf<GraphError>([&] { graph.TransitivelyReduced(); }), "Found a cycle: b --> a");
}

TEST(GraphTest, DamagedColumnsAreFoundAtOnce) {
  PatchedFile file;
  file.graph().mutable_child_indices()->Mutate(0, 99);
  const Document document = file.Open();
  EXPECT_FALSE(MessageOf<FormatError>([&] { const Graph graph(document); }).empty());
}

}  // namespace
}  // namespace flatmanifest
