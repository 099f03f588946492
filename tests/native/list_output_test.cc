#include "listing/list_output.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/error.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

// One resource of each kind with its own form of name. Rows are in the order of unique_ids.
constexpr std::string_view kManifest = R"({"nodes": {
  "analysis.p.a": {"resource_type": "analysis", "name": "a", "package_name": "p",
    "fqn": ["p", "analysis", "a"], "original_file_path": "analyses/a.sql"},
  "model.p.m.v1": {"unique_id": "model.p.m.v1", "resource_type": "model", "name": "m",
    "package_name": "p", "fqn": ["p", "m", "v1"], "original_file_path": "models/m_v1.sql",
    "version": 1, "tags": ["n\u00e4chtlich"], "alias": "m_v1", "raw_code": "select 1",
    "config": {"materialized": "table", "meta": {"a.b": 1, "c": {"d": [true]}}, "group": null}},
  "model.p.m.v2": {"resource_type": "model", "name": "m", "package_name": "p",
    "fqn": ["p", "m", "v2"], "original_file_path": "models/m_v2.sql", "version": "2a"},
  "model.p.m.v3": {"resource_type": "model", "name": "m", "package_name": "p",
    "fqn": ["p", "m", "v3"], "original_file_path": "models/m_v3.sql", "version": 1.5},
  "seed.p.s": {"resource_type": "seed", "name": "s", "package_name": "p", "fqn": ["p", "s"],
    "original_file_path": "seeds/s.csv"}},
 "sources": {"source.p.raw.t": {"resource_type": "source", "name": "t", "source_name": "raw",
    "package_name": "p", "fqn": ["p", "raw", "t"], "original_file_path": "models/s.yml"}},
 "exposures": {"exposure.p.e": {"resource_type": "exposure", "name": "e", "package_name": "p",
    "fqn": ["p", "e"], "original_file_path": "models/e.yml"}},
 "metrics": {"metric.p.k": {"resource_type": "metric", "name": "k", "package_name": "p",
    "fqn": ["p", "k"], "original_file_path": "models/k.yml"}},
 "saved_queries": {"saved_query.p.q": {"resource_type": "saved_query", "name": "q",
    "package_name": "p", "fqn": ["p", "q"], "original_file_path": "models/q.yml"}},
 "semantic_models": {"semantic_model.p.o": {"resource_type": "semantic_model", "name": "o",
    "package_name": "p", "fqn": ["p", "o"], "original_file_path": "models/o.yml"}},
 "functions": {"function.p.f": {"resource_type": "function", "name": "f", "package_name": "p",
    "fqn": ["p", "f"], "original_file_path": "functions/f.sql"}},
 "unit_tests": {"unit_test.p.m.u.v2": {"resource_type": "unit_test", "name": "u",
    "package_name": "p", "fqn": ["p", "m", "u"], "original_file_path": "models/m.yml",
    "version": 2}}})";

class ListOutputTest : public ::testing::Test {
 protected:
  std::string List(ListFormat format, const std::vector<std::string>& keys = {}) const {
    std::vector<Row> rows;
    for (Row row = 0; row < document_.resources().graph_count; ++row) rows.push_back(row);
    return List(rows, format, keys);
  }
  std::string List(const std::vector<Row>& rows, ListFormat format,
                   const std::vector<std::string>& keys = {}) const {
    BulkText out;
    WriteList(document_, rows, format, keys, out);
    return std::string(out.text());
  }
  // The JSON line of one resource.
  std::string Line(std::string_view unique_id, const std::vector<std::string>& keys) const {
    return List({document_.FindRow(unique_id)}, ListFormat::kJson, keys);
  }

  const FileImage image_ = testing::Convert(kManifest);
  const Document document_ = testing::Open(image_);
};

TEST_F(ListOutputTest, Selectors) {
  EXPECT_EQ(List(ListFormat::kSelector),
            "p.analysis.a\nexposure:p.e\np.f\nmetric:p.k\np.m.v1\np.m.v2\np.m.v3\n"
            "saved_query:p.q\np.s\nsemantic_model:p.o\nsource:p.raw.t\nunit_test:p.u_v2\n");
}

TEST_F(ListOutputTest, NamesHaveVersionsForModelsAlone) {
  EXPECT_EQ(List(ListFormat::kName), "a\ne\nf\nk\nm.v1\nm.v2a\nm.v1.5\nq\ns\no\nraw.t\nu\n");
}

TEST_F(ListOutputTest, Paths) {
  EXPECT_EQ(List(ListFormat::kPath),
            "analyses/a.sql\nmodels/e.yml\nfunctions/f.sql\nmodels/k.yml\nmodels/m_v1.sql\n"
            "models/m_v2.sql\nmodels/m_v3.sql\nmodels/q.yml\nseeds/s.csv\nmodels/o.yml\n"
            "models/s.yml\nmodels/m.yml\n");
}

TEST_F(ListOutputTest, NothingFromNoRows) {
  for (const ListFormat format :
       {ListFormat::kSelector, ListFormat::kName, ListFormat::kPath, ListFormat::kJson}) {
    EXPECT_EQ(List(std::vector<Row>(), format), "");
  }
}

TEST_F(ListOutputTest, RowsComeInTheirOrder) {
  const Row seed = document_.FindRow("seed.p.s");
  const Row metric = document_.FindRow("metric.p.k");
  EXPECT_EQ(List({seed, metric, seed}, ListFormat::kName), "s\nk\ns\n");
}

TEST_F(ListOutputTest, JsonHasTheAllowedKeysInTheResourcesOrder) {
  EXPECT_EQ(Line("model.p.m.v1", {}),
            R"({"unique_id": "model.p.m.v1", "resource_type": "model", "name": "m", )"
            R"("package_name": "p", "original_file_path": "models/m_v1.sql", )"
            R"("tags": ["n\u00e4chtlich"], "alias": "m_v1", "config": {"materialized": "table", )"
            R"("meta": {"a.b": 1, "c": {"d": [true]}}, "group": null}})"
            "\n");
}

TEST_F(ListOutputTest, JsonHasRequestedKeysOnceInTheOrderOfTheRequest) {
  EXPECT_EQ(Line("model.p.m.v1", {"version", "nope", "name", "version", "raw_code"}),
            "{\"version\": 1, \"name\": \"m\", \"raw_code\": \"select 1\"}\n");
}

TEST_F(ListOutputTest, JsonOfNestedKeysLeavesOutNullsAndMissingParts) {
  EXPECT_EQ(Line("model.p.m.v1",
                 {"config.materialized", "config.group", "config.meta.c.d", "config.meta.c.d.0",
                  "config.meta.a.b", "name.x", "config.", ".config", "config..meta"}),
            "{\"config.materialized\": \"table\", \"config.meta.c.d\": [true]}\n");
}

TEST_F(ListOutputTest, JsonHasFieldsOfDbtsMemory) {
  const std::vector<std::string> keys = {"batch",         "defer_relation",   "defer_function",
                                         "_event_status", "config_call_dict", "batch.id"};
  EXPECT_EQ(Line("model.p.m.v1", keys), "{\"batch\": null, \"defer_relation\": null}\n");
  EXPECT_EQ(Line("seed.p.s", keys), "{\"defer_relation\": null}\n");
  EXPECT_EQ(Line("function.p.f", keys), "{\"defer_function\": null}\n");
  EXPECT_EQ(Line("source.p.raw.t", keys), "{\"_event_status\": {}}\n");
  EXPECT_EQ(Line("unit_test.p.m.u.v2", keys), "{\"_event_status\": {}}\n");
  EXPECT_EQ(Line("metric.p.k", keys), "{}\n");
}

TEST_F(ListOutputTest, JsonOfAnEmptyKeyIsEmpty) {
  EXPECT_EQ(Line("metric.p.k", {""}), "{}\n");
  EXPECT_EQ(Line("metric.p.k", {"\"\n"}), "{}\n");
}

// Fields in the order of dbt 1.10's dataclasses.
constexpr std::string_view kOneTen = R"({"metadata": {"dbt_version": "1.10.23"}, "nodes": {
  "model.p.m": {"name": "m", "resource_type": "model", "config": {"materialized": "table"},
    "description": null, "deprecation_date": null, "primary_key": [], "time_spine": null},
  "seed.p.s": {"name": "s", "resource_type": "seed", "config": {}, "depends_on": {"macros": []}}},
 "sources": {"source.p.raw.t": {"name": "t", "resource_type": "source", "doc_blocks": null}}})";

TEST(ListOutputOneTenTest, JsonHasRequestedKeysOnceInTheResourcesOrder) {
  const FileImage image = testing::Convert(kOneTen);
  const Document document = testing::Open(image);
  const auto line = [&](std::string_view unique_id, const std::vector<std::string>& keys) {
    const std::vector<Row> rows = {document.FindRow(unique_id)};
    BulkText out;
    WriteList(document, rows, ListFormat::kJson, keys, out);
    return std::string(out.text());
  };
  EXPECT_EQ(
      line("model.p.m", {"description", "nope", "config", "name", "config", "name"}),
      "{\"name\": \"m\", \"config\": {\"materialized\": \"table\"}, \"description\": null}\n");
  EXPECT_EQ(line("model.p.m", {"config.materialized"}), "{}\n");

  const std::vector<std::string> keys = {"batch",      "defer_relation", "_event_status",
                                         "time_spine", "primary_key",    "deprecation_date",
                                         "doc_blocks", "depends_on"};
  EXPECT_EQ(line("model.p.m", keys),
            R"({"deprecation_date": null, "defer_relation": null, "primary_key": [], )"
            R"("time_spine": null, "batch": null})"
            "\n");
  EXPECT_EQ(line("seed.p.s", keys),
            "{\"depends_on\": {\"macros\": []}, \"defer_relation\": null}\n");
  EXPECT_EQ(line("source.p.raw.t", keys), "{\"doc_blocks\": null, \"_event_status\": {}}\n");
}

TEST(ListOutputDamageTest, CellsThatLeadAstrayAreRefused) {
  testing::PatchedFile file;
  const uint32_t cells = file.values().cells()->size();
  for (uint32_t index = 0; index < cells; ++index) {
    testing::PatchedFile damaged;
    damaged.SetCell(index, Cell::Array(1000, 0x0FFF'FFFF));
    const Document document = damaged.Open();
    std::vector<Row> rows;
    for (Row row = 0; row < document.resources().graph_count; ++row) rows.push_back(row);
    for (const ListFormat format :
         {ListFormat::kSelector, ListFormat::kName, ListFormat::kPath, ListFormat::kJson}) {
      BulkText out;
      try {
        WriteList(document, rows, format, {}, out);
      } catch (const FormatError&) {  // where the listing meets the damage
      }
    }
  }
}

}  // namespace
}  // namespace flatmanifest
