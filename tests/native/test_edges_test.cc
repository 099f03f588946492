#include "graph/test_edges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "graph/link_order.h"
#include "graph/node_names.h"
#include "testing/graph_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::ManifestOf;
using testing::SmallResource;

using Edges = std::vector<std::pair<std::string, std::string>>;

// The test edges of a manifest, sorted.
Edges TestEdgesOf(const std::vector<SmallResource>& resources, bool fast) {
  const FileImage image = testing::Convert(ManifestOf(resources));
  const Document document = testing::Open(image);
  Digraph graph = LinkGraph(document);
  const TestRoles roles(document);
  fast ? AddTestEdgesFast(roles, graph) : AddTestEdges(roles, graph);
  const NodeNames names(document);
  Edges edges;
  for (const auto& [test, node] : testing::EdgesOf(graph, EdgeKind::kParentTest)) {
    edges.emplace_back(names.Name(test), names.Name(node));
  }
  std::sort(edges.begin(), edges.end());
  return edges;
}

TEST(TestEdgesTest, AChainOfTestedModels) {
  const std::vector<SmallResource> chain = {
      {"model.a", "nodes", {}},          {"model.b", "nodes", {"model.a"}},
      {"model.c", "nodes", {"model.b"}}, {"test.a", "nodes", {"model.a"}},
      {"test.b", "nodes", {"model.b"}},
  };
  EXPECT_EQ(TestEdgesOf(chain, /*fast=*/false),
            (Edges{{"test.a", "model.b"}, {"test.a", "model.c"}, {"test.b", "model.c"}}));
  EXPECT_EQ(TestEdgesOf(chain, /*fast=*/true),
            (Edges{{"test.a", "model.b"}, {"test.b", "model.c"}}));
}

TEST(TestEdgesTest, ATestOfSeveralNodesHoldsUpTheNodesBehindAllOfThem) {
  const std::vector<SmallResource> joined = {
      {"model.a", "nodes", {}},
      {"model.b", "nodes", {}},
      {"model.only_a", "nodes", {"model.a"}},
      {"model.both", "nodes", {"model.only_a", "model.b"}},
      {"model.later", "nodes", {"model.both"}},
      {"test.ab", "nodes", {"model.b", "model.a"}},
  };
  EXPECT_EQ(TestEdgesOf(joined, /*fast=*/false),
            (Edges{{"test.ab", "model.both"}, {"test.ab", "model.later"}}));
  EXPECT_EQ(TestEdgesOf(joined, /*fast=*/true), (Edges{{"test.ab", "model.both"}}));
}

TEST(TestEdgesTest, TheFastAlgorithmDoesNotSeePastSources) {
  const std::vector<SmallResource> sourced = {
      {"source.s", "sources", {}},
      {"model.a", "nodes", {"source.s"}},
      {"model.b", "nodes", {"model.a"}},
      {"test.a", "nodes", {"source.s", "model.a"}},
  };
  EXPECT_EQ(TestEdgesOf(sourced, /*fast=*/false), (Edges{{"test.a", "model.b"}}));
  EXPECT_EQ(TestEdgesOf(sourced, /*fast=*/true), Edges{});
}

TEST(TestEdgesTest, ATestThatNamesItsParentTwiceIsOneOfSeveral) {
  const std::vector<SmallResource> twice = {
      {"model.a", "nodes", {}},
      {"model.b", "nodes", {"model.a"}},
      {"test.a", "nodes", {"model.a", "model.a"}},
  };
  EXPECT_EQ(TestEdgesOf(twice, /*fast=*/false), (Edges{{"test.a", "model.b"}}));
  EXPECT_EQ(TestEdgesOf(twice, /*fast=*/true), (Edges{{"test.a", "model.b"}}));
}

TEST(TestEdgesTest, ATestOfAMissingNodeHoldsUpNothing) {
  const std::vector<SmallResource> missing = {
      {"model.a", "nodes", {}},
      {"model.b", "nodes", {"model.a"}},
      {"test.a", "nodes", {"model.a", "model.disabled"}},
      {"test.b", "nodes", {"model.disabled"}},
  };
  EXPECT_EQ(TestEdgesOf(missing, /*fast=*/false), Edges{});
  EXPECT_EQ(TestEdgesOf(missing, /*fast=*/true), Edges{});
}

TEST(TestEdgesTest, ExposuresAndTestsDoNotWait) {
  const std::vector<SmallResource> unhurried = {
      {"model.a", "nodes", {}},
      {"test.a", "nodes", {"model.a"}},
      {"test.b", "nodes", {"model.a"}},
      {"exposure.a", "exposures", {"model.a"}},
  };
  EXPECT_EQ(TestEdgesOf(unhurried, /*fast=*/false), Edges{});
  EXPECT_EQ(TestEdgesOf(unhurried, /*fast=*/true), Edges{});
}

TEST(TestEdgesTest, NodesThatTheGraphDoesNotHaveGetNone) {
  const FileImage image = testing::Convert(ManifestOf({
      {"model.a", "nodes", {}},
      {"model.b", "nodes", {"model.a"}},
      {"test.a", "nodes", {"model.a"}},
  }));
  const Document document = testing::Open(image);
  for (const bool fast : {false, true}) {
    Digraph graph = LinkGraph(document);
    graph.RemoveNode(document.FindRow("test.a"));
    graph.AddNode(7);  // a row that the manifest does not have
    graph.AddEdge(document.FindRow("model.a"), 7);
    const TestRoles roles(document);
    fast ? AddTestEdgesFast(roles, graph) : AddTestEdges(roles, graph);
    EXPECT_EQ(graph.edge_count(), 2U);
    EXPECT_EQ(graph.node_count(), 3U);
  }
}

}  // namespace
}  // namespace flatmanifest
