#include "listing/artifact_lines.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "format/error.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kListedManifest =
    R"({"metadata": {}, "nodes": {"model.a.\u00e4": {"database": null, "alias": "\u00e4", )"
    R"("path": "x", "tags": [1.50, {"}": "\""}], "config": {"materialized": "view", )"
    R"("meta": {"a.b": 1, "deep": {"x": 1e3}, "none": null}}, "batch": 7}}, )"
    R"("sources": {"source.a.s.t": {"name": "t", "config": {}}}, "docs": {"d": {}}})";

class ArtifactLinesTest : public ::testing::Test {
 protected:
  ArtifactLinesTest() { Write(kListedManifest); }

  void Write(const std::string& text) { testing::WriteFile(path_, text); }
  std::optional<Lines> Get(const Lines& ids, const Lines& keys = {}) {
    return ArtifactLines(path_, ids, keys);
  }

  testing::ScratchDirectory directory_;
  const std::string path_ = directory_ / "manifest.json";
};

TEST_F(ArtifactLinesTest, ShowsDbtsFieldsUnchanged) {
  EXPECT_EQ(Get({"source.a.s.t", "model.a.\u00e4"}),
            (Lines{R"({"name": "t", "config": {}})",
                   R"({"alias": "\u00e4", "tags": [1.50, {"}": "\""}], )"
                   R"("config": {"materialized": "view", "meta": {"a.b": 1, "deep": {"x": 1e3}, )"
                   R"("none": null}}})"}));
  EXPECT_EQ(Get({}), Lines());
}

TEST_F(ArtifactLinesTest, ShowsTheFieldsThatAreAskedForOnceInTheirOrder) {
  const Lines ids = {"model.a.\u00e4"};
  EXPECT_EQ(Get(ids, {"path", "alias", "path", "nope", "database"}),
            Lines{R"({"path": "x", "alias": "\u00e4", "database": null})"});
  EXPECT_EQ(Get(ids, {"config.materialized", "config.meta.deep.x", "config.meta.none",
                      "config.meta.a.b", "config.materialized.x", "tags.0", "config.", "."}),
            Lines{R"({"config.materialized": "view", "config.meta.deep.x": 1e3})"});
}

TEST_F(ArtifactLinesTest, GivesNothingIfTheArtifactLacksAResourceOrField) {
  EXPECT_EQ(Get({"model.a.\u00e4", "model.a.b"}), std::nullopt);
  EXPECT_EQ(Get({"d"}), std::nullopt);  // is not listed
  EXPECT_EQ(Get({"model.a.\u00e4"}, {"alias", "batch"}), std::nullopt);
  EXPECT_EQ(Get({"model.a.\u00e4"}, {"config_call_dict.x"}), std::nullopt);
  EXPECT_EQ(Get({"model.a.\u00e4"}, {"_event_status"}), std::nullopt);
}

TEST_F(ArtifactLinesTest, FollowsTheDbtThatWroteTheFile) {
  const std::string nodes =
      R"("nodes": {"model.a": {"alias": "a", "name": "b", "depends_on": {"nodes": ["x"]}}, )"
      R"("test.t": {"alias": "c", "depends_on": {"nodes": ["y"]}}}})";
  const Lines ids = {"model.a", "test.t"};
  const Lines keys = {"name", "alias", "depends_on.nodes", "direct_parents"};

  Write(R"({"metadata": {"dbt_version": "1.12.6"}, )" + nodes);
  EXPECT_EQ(Get(ids), (Lines{R"({"alias": "a", "name": "b", "depends_on": {"nodes": ["x"]}, )"
                             R"("direct_parents": ["x"]})",
                             R"({"alias": "c", "depends_on": {"nodes": ["y"]}})"}));
  EXPECT_EQ(Get({"model.a"}, keys), Lines{R"({"name": "b", "alias": "a", "depends_on.nodes": )"
                                          R"(["x"], "direct_parents": ["x"]})"});

  Write(R"({"metadata": {"dbt_version": "1.10.23"}, )" + nodes);
  EXPECT_EQ(Get({"model.a"}, keys), Lines{R"({"alias": "a", "name": "b"})"});
}

TEST_F(ArtifactLinesTest, RefusesWhatIsNoManifest) {
  EXPECT_THROW(ArtifactLines(directory_ / "none.json", {}, {}), IoError);
  Write(R"({"nodes": {"m": 1}})");
  EXPECT_THROW(Get({"m"}), ConvertError);
  Write(R"({"nodes": {"m": {"a": )");
  EXPECT_THROW(Get({"m"}), ConvertError);
}

}  // namespace
}  // namespace flatmanifest
