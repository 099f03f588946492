#include "front/places.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "testing/scratch_directory.h"

namespace flatmanifest::front {
namespace {

namespace fs = std::filesystem;

class PlacesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // The path as the system has it: a temporary directory may be a link.
    root_ = fs::canonical(directory_ / ".");
    fs::create_directories(root_ / "project" / "models" / "deep");
    earlier_ = fs::current_path();
    WriteProject("name: p\n");
    fs::current_path(root_ / "project");
  }
  void TearDown() override { fs::current_path(earlier_); }

  void WriteProject(const std::string& text) {
    std::ofstream(root_ / "project" / "dbt_project.yml") << text;
  }
  static Places Find(const std::vector<std::string>& words = {"ls"}) {
    return FindPlaces(*ParseCommandLine(words)).value_or(Places());
  }

  testing::ScratchDirectory directory_;
  fs::path root_;
  fs::path earlier_;
};

TEST_F(PlacesTest, FindsTheProjectAbove) {
  fs::current_path(root_ / "project" / "models" / "deep");
  const Places places = Find();
  EXPECT_EQ(places.project_directory, root_ / "project");
  EXPECT_EQ(places.working_directory, root_ / "project" / "models" / "deep");
  EXPECT_EQ(places.cache_directory, root_ / "project" / "target" / "flatmanifest");
}

TEST_F(PlacesTest, TakesTheProjectThatIsGiven) {
  fs::current_path(root_);
  EXPECT_FALSE(FindPlaces(*ParseCommandLine({"ls"})));
  EXPECT_EQ(Find({"ls", "--project-dir", "project"}).project_directory, root_ / "project");
}

TEST_F(PlacesTest, ReadsAPlainTargetPath) {
  const fs::path project = root_ / "project";
  WriteProject("name: p\ntarget-path: out\n");
  EXPECT_EQ(Find().cache_directory, project / "out" / "flatmanifest");
  WriteProject("target-path:  'my out'  # where\n");
  EXPECT_EQ(Find().cache_directory, project / "my out" / "flatmanifest");
  EXPECT_EQ(Find({"ls", "--target-path", "t"}).cache_directory, project / "t" / "flatmanifest");
  for (const char* text : {"target-path: \"{{ env_var('T') }}\"\n", "target-path: &anchor out\n",
                           "target-path:\n  out\n", "target-path: >\n  out\n"}) {
    WriteProject(text);
    EXPECT_FALSE(FindPlaces(*ParseCommandLine({"ls"}))) << text;
  }
}

TEST_F(PlacesTest, HasATranscriptForEachWayToAsk) {
  const Places places = Find();
  const auto path = [&](const std::vector<std::string>& words) {
    return TranscriptPath(places, *ParseCommandLine(words), "/venv/bin");
  };
  EXPECT_EQ(path({"ls"}), path({"ls", "--select", "a", "--output", "json"}));
  EXPECT_EQ(path({"-q", "ls"}), path({"ls", "--quiet"}));
  EXPECT_NE(path({"ls"}), path({"list"}));  // which the log names
  EXPECT_NE(path({"ls"}), path({"ls", "-q"}));
  EXPECT_NE(path({"ls", "--target", "a"}), path({"ls", "--target", "b"}));
  const std::string before = path({"ls"});
  EXPECT_NE(TranscriptPath(places, *ParseCommandLine({"ls"}), "/another/bin"), before);
  ::setenv("DBT_PLACES_TEST", "1", 1);
  const std::string with = path({"ls"});
  EXPECT_NE(with, before);
  ::setenv("DBT_PLACES_TEST", "a secret", 1);
  EXPECT_EQ(path({"ls"}), with);
  ::unsetenv("DBT_PLACES_TEST");
}

}  // namespace
}  // namespace flatmanifest::front
