#include "graph/link_order.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "format/error.h"
#include "graph/graph_error.h"
#include "graph/node_names.h"
#include "testing/graph_of.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::EdgesOf;
using testing::ManifestOf;
using testing::MessageOf;
using testing::NodesOf;
using testing::PatchedFile;
using testing::SmallResource;

using ListOfNames = std::vector<std::string>;

ListOfNames NamesOf(const Document& document, const testing::Rows& rows) {
  const NodeNames names(document);
  ListOfNames found;
  for (const Row row : rows) found.emplace_back(names.Name(row));
  return found;
}

std::string Refusal(const std::vector<SmallResource>& resources) {
  const FileImage image = testing::Convert(ManifestOf(resources));
  const Document document = testing::Open(image);
  return MessageOf<GraphError>([&] { CheckLinks(document, LinkGraph(document)); });
}

TEST(LinkOrderTest, GoesByCollectionAndAddsWhatIsDependedOn) {
  const FileImage image = testing::Convert(ManifestOf({
      {"unit_test.a", "unit_tests", {"model.z"}},
      {"saved_query.a", "saved_queries", {"metric.a"}},
      {"metric.a", "metrics", {"semantic_model.a"}},
      {"function.a", "functions", {"model.b"}},
      {"exposure.a", "exposures", {"metric.a", "function.a"}},
      {"semantic_model.a", "semantic_models", {"model.z"}},
      {"model.z", "nodes", {"model.y", "source.b"}},
      {"model.y", "nodes", {}},
      {"model.b", "nodes", {"source.a", "model.y", "source.a"}},
      {"source.b", "sources", {}},
      {"source.a", "sources", {}},
      {"macro.a", "macros", {}},
  }));
  const Document document = testing::Open(image);
  const Digraph graph = LinkGraph(document);
  EXPECT_EQ(
      NamesOf(document, NodesOf(graph)),
      (ListOfNames{"source.b", "source.a", "model.z", "model.y", "model.b", "semantic_model.a",
                   "exposure.a", "metric.a", "function.a", "unit_test.a", "saved_query.a"}));
  EXPECT_EQ(NamesOf(document, testing::PredecessorsOf(graph, document.FindRow("model.b"))),
            (ListOfNames{"source.a", "model.y"}));
  CheckLinks(document, graph);
}

TEST(LinkOrderTest, LeavesOutWhatDoesNotExistAndKeepsCycles) {
  const FileImage image = testing::Convert(ManifestOf({
      {"model.a", "nodes", {"model.b", "model.nowhere", "macro.a", "model.a"}},
      {"model.b", "nodes", {"model.a"}},
      {"macro.a", "macros", {}},
  }));
  const Document document = testing::Open(image);
  EXPECT_EQ(EdgesOf(LinkGraph(document)), (testing::Pairs{{0, 0}, {0, 1}, {1, 0}}));
}

TEST(LinkOrderTest, SaysWhatDbtSaysOfMissingDependencies) {
  EXPECT_EQ(Refusal({{"model.a", "nodes", {"model.b"}}}),
            "'model.a' depends on 'model.b' which is not in the graph!");
  EXPECT_EQ(Refusal({{"model.a", "nodes", {"exposure.a"}}, {"exposure.a", "exposures", {}}}),
            "'model.a' depends on 'exposure.a' which is not in the graph!");
  // The first fault in the order of linking; reported before any cycle.
  EXPECT_EQ(Refusal({{"metric.a", "metrics", {"gone.1"}},
                     {"exposure.a", "exposures", {"gone.2"}},
                     {"model.a", "nodes", {"model.a"}}}),
            "'exposure.a' depends on 'gone.2' which is not in the graph!");
}

TEST(LinkOrderTest, SaysWhatDbtSaysOfCycles) {
  EXPECT_EQ(Refusal({{"model.a", "nodes", {"model.b"}}, {"model.b", "nodes", {"model.a"}}}),
            "Found a cycle: model.a --> model.b");
  EXPECT_EQ(Refusal({{"model.a", "nodes", {"model.a"}}}), "Found a cycle: model.a");
}

TEST(LinkOrderTest, OddShapesAreNoDependencies) {
  const FileImage image = testing::Convert(
      R"({"nodes": {"a": {"depends_on": null}, "b": {"depends_on": {"nodes": {"a": 1}}}, "c": 5, )"
      R"("d": {"depends_on": {"nodes": [1, null, ["a"], "a"]}}, "e": {}}, "sources": [], )"
      R"("metrics": null})");
  const Document document = testing::Open(image);
  const Digraph graph = LinkGraph(document);
  EXPECT_EQ(NamesOf(document, NodesOf(graph)), (ListOfNames{"a", "b", "d", "e"}));
  EXPECT_EQ(EdgesOf(graph), (testing::Pairs{{0, 2}}));
  CheckLinks(document, graph);
}

TEST(LinkOrderTest, SourcesDependOnNothing) {
  const FileImage image = testing::Convert(
      ManifestOf({{"source.a", "sources", {"source.b"}}, {"source.b", "sources", {}}}));
  const Document document = testing::Open(image);
  EXPECT_EQ(LinkGraph(document).edge_count(), 0U);
  CheckLinks(document, LinkGraph(document));
}

TEST(LinkOrderTest, DamageIsAnErrorOrAGraph) {
  constexpr uint32_t kFarAway = 0x0FFF'FFFF;
  const auto outcome = [](PatchedFile& file) {
    try {
      const Document document = file.Open();
      const Digraph graph = LinkGraph(document);
      EXPECT_LE(graph.node_count(), document.resources().graph_count);
      return std::string();
    } catch (const FormatError& error) {
      return std::string(error.what());
    }
  };
  PatchedFile ids;
  ids.resources().mutable_unique_id()->Mutate(0, kFarAway);
  EXPECT_EQ(outcome(ids), "sample.fman: string 268435455 does not exist");
  PatchedFile same;
  same.resources().mutable_unique_id()->Mutate(0, same.resources().unique_id()->Get(1));
  EXPECT_EQ(outcome(same), "");
  PatchedFile collection;
  collection.resources().mutable_collection()->Mutate(0, 200);
  EXPECT_EQ(outcome(collection), "");
  PatchedFile root;
  root.SetRoot(Cell::Object(kFarAway, 0));
  EXPECT_EQ(outcome(root), "sample.fman: shape 268435455 does not exist");
  // One cell at a time points anywhere.
  const PatchedFile intact;
  const auto cells = static_cast<uint32_t>(intact.Open().cells().size());
  for (uint32_t i = 0; i < cells; ++i) {
    for (const Cell wrong : {Cell::Object(1, 0), Cell::Array(kFarAway, 0), Cell::String(kFarAway),
                             Cell::Object(kFarAway, i), Cell::Array(1, i)}) {
      PatchedFile file;
      file.SetCell(i, wrong);
      outcome(file);
    }
  }
}

TEST(LinkOrderTest, ARepeatedKeyIsVisitedOnce) {
  PatchedFile file{testing::Convert(ManifestOf({{"model.a", "nodes", {"source.a"}},
                                                {"model.b", "nodes", {"source.a"}},
                                                {"model.c", "nodes", {"source.a"}},
                                                {"source.a", "sources", {}}}))};
  const Document intact = file.Open();
  const auto keys = intact.Keys(testing::At(intact, "nodes"));
  const auto first = static_cast<uint32_t>(keys.data() - intact.shape_keys().data());
  file.shapes().mutable_keys()->Mutate(first + 2, keys[0]);  // a, b, a
  Digraph graph = LinkGraph(file.Open());
  EXPECT_EQ(graph.edge_count(), 2U);
  graph.AddEdge(0, 1);  // indexes the edges, which must be distinct
  graph.RemoveNode(3);
  EXPECT_EQ(graph.edge_count(), 1U);
}

}  // namespace
}  // namespace flatmanifest
