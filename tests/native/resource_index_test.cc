#include "convert/resource_index.h"

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/verify.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::At;
using testing::JsonOf;

// A manifest's file, with its columns as text.
class Indexed {
 public:
  explicit Indexed(std::string_view json)
      : image_(testing::Convert(json)), document_(testing::Open(image_)) {
    Verify(document_);
  }

  const Document& document() const { return document_; }
  const ResourceColumns& rows() const { return document_.resources(); }

  // "-" where a resource has no such string.
  std::string Text(StringId id) const {
    return id == kNoString ? "-" : std::string(document_.String(id));
  }
  std::vector<std::string> Texts(std::span<const StringId> column) const {
    std::vector<std::string> texts;
    for (const StringId id : column) texts.push_back(Text(id));
    return texts;
  }
  std::vector<std::string> Neighbours(const CsrColumns& csr, std::string_view unique_id) const {
    std::vector<std::string> names;
    for (const Row row : document_.Neighbours(csr, document_.FindRow(unique_id))) {
      names.push_back(Text(rows().unique_id[row]));
    }
    return names;
  }
  std::vector<std::string> Parents(std::string_view unique_id) const {
    return Neighbours(document_.parents(), unique_id);
  }
  std::vector<std::string> Children(std::string_view unique_id) const {
    return Neighbours(document_.children(), unique_id);
  }

 private:
  const FileImage image_;
  const Document document_;
};

using Texts = std::vector<std::string>;

TEST(ResourceIndexTest, ListsEveryCollection) {
  const Indexed manifest(R"({
      "nodes": {"n": {}}, "sources": {"s": {}}, "exposures": {"e": {}}, "metrics": {"m": {}},
      "semantic_models": {"sm": {}}, "saved_queries": {"sq": {}}, "unit_tests": {"u": {}},
      "functions": {"f": {}}, "macros": {"mc": {}}, "docs": {"d": {}}, "groups": {"g": {}}})");
  EXPECT_EQ(manifest.rows().graph_count, 8U);
  EXPECT_EQ(manifest.Texts(manifest.rows().unique_id),
            (Texts{"e", "f", "m", "n", "s", "sm", "sq", "u", "d", "g", "mc"}));
  std::vector<std::string> collections;
  for (const uint8_t collection : manifest.rows().collection) {
    collections.emplace_back(CollectionName(static_cast<Collection>(collection)));
  }
  EXPECT_EQ(collections,
            (Texts{"exposures", "functions", "metrics", "nodes", "sources", "semantic_models",
                   "saved_queries", "unit_tests", "docs", "groups", "macros"}));
}

TEST(ResourceIndexTest, TypesThatAreNotSaidFollowTheCollection) {
  const Indexed manifest(R"({
      "nodes": {"n": {}}, "sources": {"s": {}}, "exposures": {"e": {}}, "metrics": {"m": {}},
      "semantic_models": {"sm": {}}, "saved_queries": {"sq": {}}, "unit_tests": {"u": {}},
      "functions": {"f": {}}, "macros": {"mc": {}}, "docs": {"d": {}}, "groups": {"g": {}}})");
  EXPECT_EQ(manifest.Texts(manifest.rows().resource_type),
            (Texts{"exposure", "function", "metric", "model", "source", "semantic_model",
                   "saved_query", "unit_test", "doc", "group", "macro"}));
}

TEST(ResourceIndexTest, TypesThatAreSaidCount) {
  const Indexed manifest(
      R"({"nodes": {"a": {"resource_type": "test"}, "b": {"resource_type": 7}}})");
  EXPECT_EQ(manifest.Texts(manifest.rows().resource_type), (Texts{"test", "model"}));
}

TEST(ResourceIndexTest, SortsEachPartByBytes) {
  const Indexed manifest(R"({
      "nodes": {"b": {}, "a.b": {}, "a": {}, "\u00fc": {}, "Z": {}},
      "macros": {"y": {}, "c": {}}, "sources": {"aa": {}}, "docs": {"x": {}}})");
  EXPECT_EQ(manifest.rows().graph_count, 6U);
  EXPECT_EQ(manifest.Texts(manifest.rows().unique_id),
            (Texts{"Z", "a", "a.b", "aa", "b", "ü", "c", "x", "y"}));
}

TEST(ResourceIndexTest, AUniqueIdListedTwiceCountsOnce) {
  const Indexed manifest(R"({
      "sources": {"a": {"name": "second"}}, "nodes": {"a": {"name": "first"}},
      "macros": {"m": {"name": "first"}}, "docs": {"m": {"name": "second"}}})");
  EXPECT_EQ(manifest.Texts(manifest.rows().unique_id), (Texts{"a", "m"}));
  EXPECT_EQ(manifest.Texts(manifest.rows().name), (Texts{"first", "first"}));
}

TEST(ResourceIndexTest, AUniqueIdMayStandInBothParts) {
  const Indexed manifest(R"({"nodes": {"a": {"name": "node"}}, "macros": {"a": {}}})");
  EXPECT_EQ(manifest.Texts(manifest.rows().unique_id), (Texts{"a", "a"}));
  EXPECT_EQ(manifest.document().FindRow("a"), 0U) << "the graph's comes first";
}

TEST(ResourceIndexTest, OnlyObjectsAreResources) {
  const Indexed manifest(R"({
      "nodes": {"a": null, "b": [], "c": "text", "d": {}, "e": 7}, "sources": null, "metrics": [],
      "disabled": {"x": {}}, "parent_map": {"y": {}}})");
  EXPECT_EQ(manifest.Texts(manifest.rows().unique_id), Texts{"d"});
}

TEST(ResourceIndexTest, ManifestWithoutResources) {
  const Indexed manifest(R"({"nodes": {}})");
  EXPECT_EQ(manifest.document().row_count(), 0U);
  EXPECT_EQ(manifest.rows().graph_count, 0U);
  EXPECT_EQ(manifest.document().FindRow("a"), kNoRow);
}

TEST(ResourceIndexTest, FillsTheColumns) {
  const Indexed manifest(R"({"nodes": {"a": {
      "package_name": "shop", "name": "orders", "path": "marts/orders.sql",
      "original_file_path": "models/marts/orders.sql", "patch_path": "shop://models/marts.yml",
      "source_name": "raw", "fqn": ["shop", "orders"], "tags": ["daily"], "version": 2,
      "access": "public", "group": "finance", "config": {"materialized": "table"}}}})");
  const ResourceColumns& rows = manifest.rows();
  const Document& document = manifest.document();
  EXPECT_EQ(manifest.Text(rows.package_name[0]), "shop");
  EXPECT_EQ(manifest.Text(rows.name[0]), "orders");
  EXPECT_EQ(manifest.Text(rows.path[0]), "marts/orders.sql");
  EXPECT_EQ(manifest.Text(rows.original_file_path[0]), "models/marts/orders.sql");
  EXPECT_EQ(manifest.Text(rows.patch_path[0]), "shop://models/marts.yml");
  EXPECT_EQ(manifest.Text(rows.source_name[0]), "raw");
  EXPECT_EQ(manifest.Text(rows.materialized[0]), "table");
  EXPECT_EQ(manifest.Text(rows.access[0]), "public");
  EXPECT_EQ(manifest.Text(rows.group[0]), "finance");
  EXPECT_EQ(JsonOf(document, rows.fqn[0]), R"(["shop", "orders"])");
  EXPECT_EQ(JsonOf(document, rows.tags[0]), R"(["daily"])");
  EXPECT_EQ(JsonOf(document, rows.version[0]), "2");
  EXPECT_EQ(JsonOf(document, rows.config[0]), R"({"materialized": "table"})");
  EXPECT_EQ(rows.value[0], At(document, "nodes.a"));
}

TEST(ResourceIndexTest, MissingFieldsAreEmpty) {
  const Indexed manifest(R"({"nodes": {"a": {}, "b": {"name": null, "path": 7, "config": []}}})");
  const ResourceColumns& rows = manifest.rows();
  for (const Row row : {0, 1}) {
    for (const auto& column :
         {rows.package_name, rows.name, rows.path, rows.original_file_path, rows.patch_path,
          rows.source_name, rows.materialized, rows.access, rows.group}) {
      EXPECT_EQ(column[row], kNoString);
    }
    for (const auto& column : {rows.fqn, rows.tags, rows.version}) {
      EXPECT_EQ(column[row], Cell::Null());
    }
  }
  EXPECT_EQ(rows.config[0], Cell::Null());
  EXPECT_EQ(JsonOf(manifest.document(), rows.config[1]), "[]");
}

TEST(ResourceIndexTest, AccessAndGroupMayStandInTheConfig) {
  const Indexed manifest(R"({"nodes": {
      "a": {"config": {"access": "private", "group": "finance"}},
      "b": {"access": "public", "group": null, "config": {"access": "private", "group": "ops"}}}})");
  EXPECT_EQ(manifest.Texts(manifest.rows().access), (Texts{"private", "public"}));
  EXPECT_EQ(manifest.Texts(manifest.rows().group), (Texts{"finance", "ops"}));
}

// --- the graph ---

TEST(ResourceIndexGraphTest, FollowsDependsOn) {
  const Indexed manifest(testing::SampleManifest());
  EXPECT_EQ(manifest.Parents("model.shop.orders"), Texts{"model.shop.stg_orders"});
  EXPECT_EQ(manifest.Parents("model.shop.stg_orders"), Texts{"source.shop.raw.orders"});
  EXPECT_EQ(manifest.Parents("source.shop.raw.orders"), Texts{});
  EXPECT_EQ(manifest.Children("source.shop.raw.orders"), Texts{"model.shop.stg_orders"});
  EXPECT_EQ(manifest.Children("model.shop.stg_orders"), Texts{"model.shop.orders"});
  EXPECT_EQ(manifest.Children("model.shop.orders"), Texts{});
}

TEST(ResourceIndexGraphTest, JoinsAllCollectionsOfTheGraph) {
  const Indexed manifest(R"({
      "nodes": {"n": {"depends_on": {"nodes": ["s", "f"]}}}, "sources": {"s": {}},
      "functions": {"f": {}}, "metrics": {"m": {"depends_on": {"nodes": ["n"]}}},
      "exposures": {"e": {"depends_on": {"nodes": ["m", "n"]}}}})");
  EXPECT_EQ(manifest.Parents("n"), (Texts{"f", "s"}));
  EXPECT_EQ(manifest.Parents("e"), (Texts{"m", "n"}));
  EXPECT_EQ(manifest.Children("n"), (Texts{"e", "m"}));
}

TEST(ResourceIndexGraphTest, EdgesToWhatIsNotThereAreLeftOut) {
  const Indexed manifest(R"({
      "nodes": {"a": {"depends_on": {"nodes": ["missing", "b", "macro", "name"]}}, "b": {}},
      "macros": {"macro": {}}, "other": "name"})");
  EXPECT_EQ(manifest.Parents("a"), Texts{"b"});
}

TEST(ResourceIndexGraphTest, EdgesListedTwiceCountOnce) {
  const Indexed manifest(R"({"nodes": {"a": {"depends_on": {"nodes": ["b", "b"]}}, "b": {}}})");
  EXPECT_EQ(manifest.Parents("a"), Texts{"b"});
  EXPECT_EQ(manifest.Children("b"), Texts{"a"});
}

TEST(ResourceIndexGraphTest, CyclesAndLoopsAreEdgesToo) {
  const Indexed manifest(R"({"nodes": {
      "a": {"depends_on": {"nodes": ["a", "b"]}}, "b": {"depends_on": {"nodes": ["a"]}}}})");
  EXPECT_EQ(manifest.Parents("a"), (Texts{"a", "b"}));
  EXPECT_EQ(manifest.Children("a"), (Texts{"a", "b"}));
}

TEST(ResourceIndexGraphTest, DependsOnOfAnotherShapeIsNone) {
  const Indexed manifest(R"({"nodes": {
      "a": {"depends_on": null}, "b": {"depends_on": ["a"]}, "c": {"depends_on": {"macros": ["a"]}},
      "d": {"depends_on": {"nodes": "a"}}, "e": {"depends_on": {"nodes": {"a": "a"}}},
      "f": {"depends_on": {"nodes": [null, 7, ["a"], "a"]}}}})");
  for (const std::string_view unique_id : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(manifest.Parents(unique_id), Texts{}) << unique_id;
  }
  EXPECT_EQ(manifest.Parents("f"), Texts{"a"});
}

}  // namespace
}  // namespace flatmanifest
