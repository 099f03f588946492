#include "select/known_paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "select/request.h"
#include "testing/message_of.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

using testing::MessageOf;
using testing::ScratchDirectory;

// A node of a package, with its file and perhaps its patch.
std::string Node(const std::string& package, const std::string& file, const std::string& patch) {
  return "\"model." + package + "." + file + R"(": {"package_name": ")" + package +
         R"(", "original_file_path": ")" + file + R"(", "patch_path": )" +
         (patch.empty() ? "null" : "\"" + patch + "\"") + "}";
}

const std::string kNodes = R"("nodes": {)" +
                           Node("shop", "models/marts/orders.sql", "shop://models/schema.yml") +
                           ", " + Node("shop", "models/a.sql", "") + ", " +
                           Node("lib", "lib_models/b.sql", "lib://lib_models/s.yml") + "}";

class ManifestPathsTest : public ::testing::Test {
 protected:
  explicit ManifestPathsTest(const std::string& metadata = R"({"project_name": "shop"})")
      : image_(testing::Convert(R"({"metadata": )" + metadata + ", " + kNodes + "}")),
        document_(testing::Open(image_)),
        paths_(document_) {}

  bool Finds(std::string_view pattern, const std::string& path) const {
    return PathPattern(pattern, paths_).Finds(path);
  }
  bool FindsOrHolds(std::string_view pattern, const std::string& path) const {
    return PathPattern(pattern, paths_).FindsOrHolds(path);
  }

  FileImage image_;
  Document document_;
  ManifestPaths paths_;
};

TEST_F(ManifestPathsTest, HoldsTheProjectsFilesAndDirectories) {
  for (const char* path : {".", "models", "models/marts", "models/marts/orders.sql", "models/a.sql",
                           "models/schema.yml"}) {
    EXPECT_TRUE(paths_.Exists(path)) << path;
  }
  EXPECT_TRUE(paths_.IsDirectory("models/marts"));
  EXPECT_FALSE(paths_.IsDirectory("models/a.sql"));
  EXPECT_FALSE(paths_.Exists("lib_models"));
  EXPECT_FALSE(paths_.Exists("marts"));
}

TEST_F(ManifestPathsTest, FindsByPattern) {
  EXPECT_TRUE(Finds("models", "models"));
  EXPECT_TRUE(Finds("models/", "models"));
  EXPECT_FALSE(Finds("models/a.sql/", "models/a.sql"));
  EXPECT_TRUE(Finds("./models//a.sql", "models/a.sql"));
  EXPECT_TRUE(Finds("models/*.sql", "models/a.sql"));
  EXPECT_FALSE(Finds("models/*.sql", "models/marts/orders.sql"));
  EXPECT_TRUE(Finds("models/**/*.sql", "models/a.sql"));
  EXPECT_TRUE(Finds("models/**/*.sql", "models/marts/orders.sql"));
  EXPECT_TRUE(Finds("**", "."));
  EXPECT_TRUE(Finds("**", "models/marts"));
  EXPECT_FALSE(Finds("**", "models/a.sql"));
  EXPECT_TRUE(Finds("**/**/o*", "models/marts/orders.sql"));
  EXPECT_FALSE(Finds("models/../models", "models"));
  EXPECT_FALSE(Finds("MODELS", "models"));
}

TEST_F(ManifestPathsTest, DirectoriesHoldTheirFiles) {
  EXPECT_TRUE(FindsOrHolds("models", "models/marts/orders.sql"));
  EXPECT_TRUE(FindsOrHolds("models/marts", "models/marts/orders.sql"));
  EXPECT_TRUE(FindsOrHolds("**", "models/a.sql"));
  EXPECT_FALSE(FindsOrHolds("models/marts", "models/a.sql"));
  EXPECT_FALSE(FindsOrHolds("models/marts/orders", "models/marts/orders.sql"));
}

TEST_F(ManifestPathsTest, RefusesWhatPathlibDoes) {
  const auto error = [this](std::string_view pattern) {
    return MessageOf<SelectionError>([&] { PathPattern(pattern, paths_); });
  };
  EXPECT_EQ(error(""), "Unacceptable pattern: ''");
  EXPECT_EQ(error("/models"), "Non-relative patterns are unsupported");
  EXPECT_EQ(error("a**"), "Invalid pattern: '**' can only be an entire path component");
  EXPECT_EQ(error("."), "tuple index out of range");
  EXPECT_EQ(error("./"), "'_TerminatingSelector' object has no attribute 'select_from'");
}

TEST_F(ManifestPathsTest, LongPathsAndPatternsTakeNoTime) {
  std::string deep = "models";
  for (int i = 0; i < 200'000; ++i) deep += "/a";
  EXPECT_FALSE(FindsOrHolds("models", deep));
  std::string pattern;
  for (int i = 0; i < 200'000; ++i) pattern += "**/a/";
  EXPECT_FALSE(FindsOrHolds(pattern, "models/marts/orders.sql"));
}

class NamelessProjectTest : public ManifestPathsTest {
 protected:
  NamelessProjectTest() : ManifestPathsTest("{}") {}
};

TEST_F(NamelessProjectTest, HoldsTheFilesOfAllPackages) {
  EXPECT_TRUE(paths_.Exists("lib_models/s.yml"));
  EXPECT_TRUE(paths_.Exists("models/a.sql"));
}

TEST(NormalPathTest, IsPathlibs) {
  EXPECT_EQ(NormalPath(""), ".");
  EXPECT_EQ(NormalPath("./"), ".");
  EXPECT_EQ(NormalPath("a//b/./c/"), "a/b/c");
  EXPECT_EQ(NormalPath("a/../b"), "a/../b");
  EXPECT_EQ(NormalPath("/a//b"), "/a/b");
  EXPECT_EQ(NormalPath("/"), "/");
}

TEST(DirectoryPathsTest, AsksTheFileSystem) {
  namespace fs = std::filesystem;
  const ScratchDirectory directory;
  fs::create_directories(directory / "models/marts");
  std::ofstream(directory / "models/marts/a.sql") << "select 1";
  fs::create_directory_symlink(directory / "models", directory / "linked");
  const DirectoryPaths paths(directory / "");
  EXPECT_TRUE(paths.Exists("models/marts/a.sql"));
  EXPECT_FALSE(paths.Exists("models/marts/b.sql"));
  EXPECT_TRUE(paths.IsDirectory("models/marts"));
  EXPECT_FALSE(paths.IsDirectory("models/marts/a.sql"));
  EXPECT_TRUE(paths.IsSymbolicLink("linked"));
  EXPECT_TRUE(PathPattern("linked/marts/*", paths).Finds("linked/marts/a.sql"));
  EXPECT_TRUE(PathPattern("**/a.sql", paths).Finds("models/marts/a.sql"));
  // "**" does not follow links.
  EXPECT_FALSE(PathPattern("**/a.sql", paths).Finds("linked/marts/a.sql"));
}

}  // namespace
}  // namespace flatmanifest
