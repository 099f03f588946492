#include "diff/manifest_diff.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "diff/diff_output.h"
#include "testing/message_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using Ids = std::vector<std::string>;

constexpr std::string_view kOld = R"({
"metadata": {"adapter_type": "postgres"},
"nodes": {
 "model.shop.a": {"resource_type": "model", "name": "a", "package_name": "shop", "fqn": ["shop", "a"],
   "raw_code": "select 1", "original_file_path": "models/a.sql",
   "config": {"enabled": true, "materialized": "table"}, "unrendered_config": {},
   "columns": {"id": {"name": "id", "data_type": "int"}, "n": {"name": "n", "data_type": "int"}},
   "contract": {"enforced": true, "checksum": "one"},
   "depends_on": {"nodes": [], "macros": ["macro.shop.m"]}},
 "model.shop.b": {"resource_type": "model", "name": "b", "package_name": "shop", "fqn": ["shop", "b"],
   "raw_code": "select 2", "depends_on": {"nodes": ["model.shop.a"], "macros": []}},
 "model.shop.c": {"resource_type": "model", "name": "c", "package_name": "shop", "fqn": ["shop", "c"],
   "raw_code": "select 3", "depends_on": {"nodes": [], "macros": []}}},
"exposures": {
 "exposure.shop.e": {"resource_type": "exposure", "name": "e", "fqn": ["shop", "e"],
   "depends_on": {"nodes": ["model.shop.b"]}}},
"macros": {"macro.shop.m": {"macro_sql": "1", "depends_on": {"macros": []}}}
})";

std::string Edited(std::string_view text, std::string_view replacement) {
  return testing::Edited(kOld, text, replacement);
}

// Two manifests and their difference.
class Compared {
 public:
  Compared(std::string_view old_json, std::string_view json)
      : old_image_(testing::Convert(old_json)),
        image_(testing::Convert(json)),
        old_document_(testing::Open(old_image_)),
        document_(testing::Open(image_)),
        diff(DiffManifests(old_document_, document_)) {}

  std::string Id(Row row) const { return std::string(UniqueIdOf(document_, row)); }
  std::string OldId(Row row) const { return std::string(UniqueIdOf(old_document_, row)); }
  Ids IdsOf(const std::vector<Row>& rows) const {
    Ids ids;
    for (const Row row : rows) ids.push_back(Id(row));
    return ids;
  }
  std::map<std::string, std::string> Reasons() const {
    std::map<std::string, std::string> reasons;
    for (const ModifiedResource& each : diff.modified) {
      reasons[Id(each.row)] = JoinedReasons(each.reasons);
    }
    return reasons;
  }

 private:
  FileImage old_image_;
  FileImage image_;
  Document old_document_;
  Document document_;

 public:
  const ManifestDiff diff;
};

using Reasons = std::map<std::string, std::string>;

TEST(ManifestDiffTest, NothingDiffersWithoutAnEdit) {
  const Compared compared(kOld, kOld);
  EXPECT_TRUE(compared.diff.IsEmpty());
  EXPECT_EQ(DiffSummary(compared.diff), "no differences");
}

TEST(ManifestDiffTest, WhatIsBelowAModifiedResourceIsDownstreamAndExposuresAreHit) {
  const Compared compared(kOld, Edited("select 1", "select 9"));
  EXPECT_EQ(compared.Reasons(), (Reasons{{"model.shop.a", "body"}}));
  EXPECT_EQ(compared.IdsOf(compared.diff.downstream), (Ids{"exposure.shop.e", "model.shop.b"}));
  EXPECT_EQ(compared.IdsOf(compared.diff.exposures), Ids{"exposure.shop.e"});
}

TEST(ManifestDiffTest, AModifiedExposureBelowAnotherChangeIsHitAndNotDownstream) {
  std::string json = Edited("select 2", "select 9");
  json.replace(json.find(R"("fqn": ["shop", "e"])"), 20, R"("fqn": ["shop", "f"])");
  const Compared compared(kOld, json);
  EXPECT_EQ(compared.IdsOf(compared.diff.downstream), Ids());
  EXPECT_EQ(compared.IdsOf(compared.diff.exposures), Ids{"exposure.shop.e"});
}

TEST(ManifestDiffTest, AChangedMacroIsAReason) {
  const Compared compared(kOld, Edited(R"("macro_sql": "1")", R"("macro_sql": "2")"));
  EXPECT_EQ(compared.Reasons(), (Reasons{{"model.shop.a", "macros"}}));
  EXPECT_EQ(compared.diff.modified_macros, std::vector<std::string_view>{"macro.shop.m"});
}

TEST(ManifestDiffTest, BrokenContractsOfVersionedModelsAreReportedToo) {
  std::string json = Edited(R"(, "n": {"name": "n", "data_type": "int"}})", "}");
  json.replace(json.find(R"("checksum": "one")"), 17, R"("checksum": "two")");
  json.replace(json.find(R"("raw_code": "select 1")"), 22,
               R"("version": 2, "raw_code": "select 1")");
  const Compared compared(kOld, json);
  ASSERT_EQ(compared.diff.broken_contracts.size(), 1);
  const BrokenContract& broken = compared.diff.broken_contracts.front();
  EXPECT_TRUE(broken.is_versioned);
  ASSERT_EQ(broken.changes.size(), 1);
  EXPECT_EQ(broken.changes.front().kind, ContractBreak::kColumnsRemoved);
  EXPECT_EQ(broken.changes.front().details, Ids{"n"});
  EXPECT_EQ(compared.Reasons(), (Reasons{{"model.shop.a", "contract"}}));
}

TEST(ManifestDiffTest, ARemovedModelWithAContractBreaksIt) {
  const Compared compared(kOld,
                          Edited("model.shop.a\": {\"resource", "model.shop.z\": {\"resource"));
  ASSERT_EQ(compared.diff.broken_contracts.size(), 1);
  EXPECT_EQ(compared.diff.broken_contracts.front().changes.front().kind,
            ContractBreak::kModelRemoved);
}

TEST(ManifestDiffTest, AModelWithTheSameCodeIsRenamed) {
  const Compared compared(kOld, Edited("model.shop.c\": {", "model.shop.z\": {"));
  ASSERT_EQ(compared.diff.renamed.size(), 1);
  EXPECT_EQ(compared.OldId(compared.diff.renamed.front().old_row), "model.shop.c");
  EXPECT_EQ(compared.Id(compared.diff.renamed.front().row), "model.shop.z");
  EXPECT_TRUE(compared.diff.added.empty());
  EXPECT_TRUE(compared.diff.removed.empty());
}

TEST(ManifestDiffTest, TwoModelsWithTheSameCodeAreNotRenamed) {
  std::string old_json = Edited("select 3", "select 2");
  std::string json = old_json;
  json.replace(json.find("model.shop.b\": {"), 16, "model.shop.y\": {");
  json.replace(json.find("model.shop.c\": {"), 16, "model.shop.z\": {");
  const Compared compared(old_json, json);
  EXPECT_TRUE(compared.diff.renamed.empty());
  EXPECT_EQ(compared.IdsOf(compared.diff.added), (Ids{"model.shop.y", "model.shop.z"}));
  EXPECT_EQ(compared.diff.removed.size(), 2);
}

TEST(ManifestDiffTest, OutputsOfThatNameDoNotExist) {
  EXPECT_EQ(testing::MessageOf<DiffError>([] { ParseDiffFormat("html"); }),
            "output is text, markdown or json, not html");
}

}  // namespace
}  // namespace flatmanifest
