#include "select/state/state_methods.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "select/selection.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using Names = std::vector<std::string>;

// The model a, which tests edit, and b, which they never do.
constexpr std::string_view kEarlierManifest = R"({
"metadata": {"adapter_type": "postgres"},
"nodes": {
 "model.shop.a": {"resource_type": "model", "name": "a", "fqn": ["shop", "a"],
   "raw_code": "select 1", "original_file_path": "models/a.sql",
   "config": {"enabled": true, "materialized": "table", "persist_docs": {"columns": true}},
   "unrendered_config": {"alias": "first", "meta": {"owner": "ann"}},
   "columns": {"id": {"name": "id", "description": "the key", "data_type": "int"}},
   "contract": {"enforced": true, "checksum": "one"},
   "depends_on": {"nodes": [], "macros": ["macro.shop.outer"]}},
 "model.shop.b": {"resource_type": "model", "name": "b", "fqn": ["shop", "b"],
   "raw_code": "select 1", "original_file_path": "models/b.sql", "config": {"enabled": true},
   "depends_on": {"nodes": [], "macros": []}}},
"sources": {
 "source.shop.raw.t": {"resource_type": "source", "name": "t", "fqn": ["shop", "raw", "t"]},
 "source.shop.raw.u": {"resource_type": "source", "name": "u", "fqn": ["shop", "raw", "u"]}},
"unit_tests": {},
"macros": {
 "macro.shop.outer": {"macro_sql": "{{ inner() }}", "depends_on": {"macros": ["macro.shop.inner"]}},
 "macro.shop.inner": {"macro_sql": "1", "depends_on": {"macros": []}}}
})";

// The manifest with one text replaced by another.
std::string Edited(std::string_view text, std::string_view replacement) {
  return testing::Edited(kEarlierManifest, text, replacement);
}

// The last parts of the unique ids of the rows selected from `json`.
Names Select(std::string_view json, const std::string& text, const PreviousState& state) {
  const FileImage image = testing::Convert(json);
  const Document document = testing::Open(image);
  const Selection selection = Selector(document).Select({.select = Names{text}, .state = state});
  Names names;
  for (const Row row : selection.rows) {
    const std::string id(document.String(document.resources().unique_id[row]));
    names.push_back(id.substr(id.rfind('.') + 1));
  }
  return names;
}

Names SelectChanged(std::string_view now, std::string_view before, const std::string& text) {
  const FileImage image = testing::Convert(before);
  const Document document = testing::Open(image);
  return Select(now, text, {.manifest = &document});
}

struct Edit {
  const char* state;
  const char* text;
  const char* replacement;
};

constexpr Edit kEdits[] = {
    {"modified.body", R"("raw_code": "select 1")", R"("raw_code": "select 2")"},
    {"modified.configs", R"(, "meta": {"owner": "ann"})", ""},
    {"modified.relation", R"("alias": "first")", R"("alias": "other")"},
    {"modified.persisted_descriptions", "the key", "a key"},
    {"modified.contract", R"("checksum": "one")", R"("checksum": "two")"},
    {"modified.macros", R"("macro_sql": "1")", R"("macro_sql": "2")"},
};

class StateOfEditTest : public ::testing::TestWithParam<Edit> {};

TEST_P(StateOfEditTest, IsSeenByItsStateAlone) {
  const std::string now = Edited(GetParam().text, GetParam().replacement);
  for (const Edit& edit : kEdits) {
    const bool is_it = std::string_view(edit.state) == GetParam().state;
    EXPECT_EQ(SelectChanged(now, kEarlierManifest, std::string("state:") + edit.state),
              is_it ? Names{"a"} : Names())
        << edit.state;
  }
  EXPECT_EQ(SelectChanged(now, kEarlierManifest, "state:modified"), Names{"a"});
  EXPECT_EQ(SelectChanged(now, kEarlierManifest, "state:unmodified"), (Names{"b", "t", "u"}));
}

INSTANTIATE_TEST_SUITE_P(Edits, StateOfEditTest, ::testing::ValuesIn(kEdits));

TEST(StateMethodsTest, NothingIsModifiedWithoutAnEdit) {
  EXPECT_EQ(SelectChanged(kEarlierManifest, kEarlierManifest, "state:modified"), Names());
  EXPECT_EQ(SelectChanged(kEarlierManifest, kEarlierManifest, "state:new"), Names());
  EXPECT_EQ(SelectChanged(kEarlierManifest, kEarlierManifest, "state:old"),
            (Names{"a", "b", "t", "u"}));
}

TEST(StateMethodsTest, NewNodesAndUnitTestsAreModifiedAndOtherNewResourcesAreNot) {
  const std::string now = Edited(R"("unit_tests": {})", R"("unit_tests": {
    "unit_test.shop.a.n": {"resource_type": "unit_test", "name": "n", "fqn": ["shop", "a", "n"]}})");
  EXPECT_EQ(SelectChanged(now, kEarlierManifest, "state:new"), Names{"n"});
  EXPECT_EQ(SelectChanged(now, kEarlierManifest, "state:modified"), Names{"n"});
  const std::string before = Edited("source.shop.raw.u", "source.shop.raw.v");
  EXPECT_EQ(SelectChanged(kEarlierManifest, before, "state:new"), Names{"u"});
  EXPECT_EQ(SelectChanged(kEarlierManifest, before, "state:modified"), Names());
}

TEST(StateMethodsTest, ResultsAreThoseOfTheEarlierRun) {
  const FileImage image = testing::Convert(R"({"nodes": {}, "results": [
    {"unique_id": "model.shop.a", "status": "error"},
    {"unique_id": "model.shop.b", "status": "success"},
    {"unique_id": "model.shop.gone", "status": "error"}]})");
  const Document results = testing::Open(image);
  EXPECT_EQ(Select(kEarlierManifest, "result:error", {.run_results = &results}), Names{"a"});
  EXPECT_EQ(Select(kEarlierManifest, "result:skipped", {.run_results = &results}), Names());
}

TEST(StateMethodsTest, FresherSourcesWereLoadedSince) {
  const auto sources = [](const char* time_of_t) {
    return testing::Convert(std::string(R"({"nodes": {}, "results": [
      {"unique_id": "source.shop.raw.u", "max_loaded_at": "2026-01-01T10:00:00Z"},
      {"unique_id": "source.shop.raw.t", "max_loaded_at": ")") +
                            time_of_t + "\"}]}");
  };
  const FileImage before_image = sources("2026-01-01T10:00:00Z");
  const FileImage now_image = sources("2026-01-01T11:00:00Z");
  const Document before = testing::Open(before_image);
  const Document now = testing::Open(now_image);
  const auto select = [](const Document& earlier, const Document& current) {
    return Select(kEarlierManifest, "source_status:fresher",
                  {.sources = &earlier, .current_sources = &current});
  };
  EXPECT_EQ(select(before, now), Names{"t"});
  EXPECT_EQ(select(before, before), Names());
  EXPECT_EQ(select(now, before), Names());
}

}  // namespace
}  // namespace flatmanifest
