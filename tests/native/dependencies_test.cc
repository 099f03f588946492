#include "front/dependencies.h"

#include <gtest/gtest.h>

#include "convert/convert.h"
#include "format/error.h"
#include "store/publish.h"
#include "testing/scratch_directory.h"

namespace flatmanifest::front {
namespace {

using testing::ScratchDirectory;
using testing::WriteFile;

class DependenciesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteFile(path_, "a: 1");
    dependencies_.files = {{path_}, {absent_, FileUse::kProbed}};
    dependencies_.snapshot = TakeSnapshot(dependencies_.files);
    dependencies_.variables = {{"MINE"}};
    dependencies_.salt = "0123456789abcdef";
    dependencies_.environment = DigestOf(environment_, dependencies_.variables, dependencies_.salt);
  }

  std::optional<std::string> Changed() const {
    return ChangedDependency(dependencies_, environment_);
  }

  // The dependencies that a file with this JSON has.
  Dependencies Read(const std::string& json) const {
    const FileImage image = ConvertJson(
        simdjson::padded_string(R"({"nodes": {}, "dependencies": )" + json + "}"), "test", {});
    Publish(directory_ / "a.fman", image.bytes());
    const auto file = OpenChecked(directory_ / "a.fman");
    return ReadDependencies(Fields(file->document()).Object("dependencies"));
  }

  ScratchDirectory directory_;
  const std::string path_ = directory_ / "vars.yml";
  const std::string absent_ = directory_ / "absent.yml";
  Environment environment_ = {{"MINE", "a"}, {"OTHER", "b"}};
  Dependencies dependencies_;
};

TEST_F(DependenciesTest, AreUnchangedUntilOneChanges) {
  EXPECT_EQ(Changed(), std::nullopt);
  environment_["OTHER"] = "c";
  EXPECT_EQ(Changed(), std::nullopt);
}

TEST_F(DependenciesTest, NameAFileThatHasChanged) {
  WriteFile(path_, "a: 2");
  dependencies_.snapshot.taken_ns = 0;
  EXPECT_EQ(Changed(), path_ + " has changed");
}

TEST_F(DependenciesTest, SeeAFileThatHasCome) {
  WriteFile(absent_, "");
  EXPECT_EQ(Changed(), "a file is gone, or has changed to an older one");
}

TEST_F(DependenciesTest, SeeAnEnvironmentVariable) {
  environment_["MINE"] = "x";
  EXPECT_EQ(Changed(), "an environment variable has changed");
  environment_.erase("MINE");
  EXPECT_EQ(Changed(), "an environment variable has changed");
}

TEST_F(DependenciesTest, NameAValueWithoutASource) {
  dependencies_.values = {{"run_started_at", "profiles.yml"}};
  EXPECT_EQ(Changed(), "profiles.yml uses run_started_at");
}

TEST_F(DependenciesTest, AreReadFromAFile) {
  const Dependencies read = Read(R"({
    "files": {"read": ["/a", "/b"], "listed": ["/c"], "probed": ["/d"], "alone": ["/e"]},
    "snapshot": [1, 2, 3, 4, ["/a"]], "variables": ["X"], "salt": "s", "environment": "e",
    "values": {"flags": "dbt_project.yml"}})");
  ASSERT_EQ(read.files.size(), 5U);
  EXPECT_EQ(read.files[1].path, "/b");
  EXPECT_EQ(read.files[1].use, FileUse::kRead);
  EXPECT_EQ(read.files[2].use, FileUse::kListed);
  EXPECT_EQ(read.files[3].use, FileUse::kProbed);
  EXPECT_EQ(read.files[4].use, FileUse::kAlone);
  EXPECT_EQ(read.snapshot.by_content, std::vector<std::string>{"/a"});
  EXPECT_EQ(read.variables, std::vector<std::string>{"X"});
  ASSERT_EQ(read.values.size(), 1U);
  EXPECT_EQ(read.values[0].second, "dbt_project.yml");
}

TEST_F(DependenciesTest, WithoutNamesAreAllVariables) {
  const Dependencies read = Read(R"({"files": {}, "snapshot": [1, 2, 3, 4, []],
    "variables": null, "salt": "s", "environment": "e", "values": {}})");
  EXPECT_EQ(read.variables, std::nullopt);
}

TEST_F(DependenciesTest, RefuseWhatIsIncomplete) {
  EXPECT_THROW(Read("{}"), FormatError);
  EXPECT_THROW(Read(R"({"files": {"read": "a"}})"), FormatError);
  EXPECT_THROW(Read(R"({"files": {}, "snapshot": [1, 2, 3, 4, []], "variables": null,
                        "salt": "s", "environment": "e"})"),
               FormatError);
}

}  // namespace
}  // namespace flatmanifest::front
