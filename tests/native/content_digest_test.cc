#include "freshness/content_digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "format/error.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

namespace fs = std::filesystem;
using testing::ScratchDirectory;
using testing::WriteFile;

class ContentDigestTest : public ::testing::Test {
 protected:
  // A project in a directory of its own.
  std::string Made(const std::string& name) {
    const std::string root = directory_ / name;
    fs::create_directories(root + "/models/staging");
    WriteFile(root + "/models/a.sql", "select 1");
    WriteFile(root + "/models/staging/b.sql", "select 2");
    WriteFile(root + "/dbt_project.yml", "name: shop");
    return root;
  }

  static std::string Digest(const std::string& root, unsigned threads = 1) {
    const NamedDependency dependencies[] = {
        {"P/models", root + "/models", FileUse::kRead},
        {"P/dbt_project.yml", root + "/dbt_project.yml", FileUse::kRead},
        {"P/packages.yml", root + "/packages.yml", FileUse::kProbed},
        {"P", root, FileUse::kListed},
    };
    return ContentDigest(dependencies, threads);
  }

  ScratchDirectory directory_;
};

TEST_F(ContentDigestTest, IsTheSameInAnotherPlaceAndAtAnotherTime) {
  const std::string one = Made("one");
  const std::string other = Made("other");
  const timespec times[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (other + "/models/a.sql").c_str(), times, 0), 0);
  EXPECT_EQ(Digest(one), Digest(other));
  EXPECT_EQ(Digest(one), Digest(other, 4));
}

TEST_F(ContentDigestTest, FollowsLinks) {
  const std::string one = Made("one");
  const std::string linked = directory_ / "linked";
  fs::create_directories(linked + "/models");
  for (const char* path : {"/models/a.sql", "/models/staging", "/dbt_project.yml"}) {
    fs::create_symlink(one + path, linked + path);
  }
  EXPECT_EQ(Digest(one), Digest(linked));
}

TEST_F(ContentDigestTest, ChangesWithAnyDifference) {
  const std::string before = Digest(Made("p"));
  const std::string root = directory_ / "p";
  const auto differs = [&](auto change) {
    fs::remove_all(root);
    Made("p");
    change();
    return Digest(root) != before;
  };
  EXPECT_FALSE(differs([] {}));
  EXPECT_TRUE(differs([&] { WriteFile(root + "/models/a.sql", "select 3"); }));
  EXPECT_TRUE(differs([&] { fs::rename(root + "/models/a.sql", root + "/models/c.sql"); }));
  EXPECT_TRUE(differs([&] { fs::remove(root + "/models/a.sql"); }));
  EXPECT_TRUE(differs([&] { fs::create_directory(root + "/models/empty"); }));
  EXPECT_TRUE(differs([&] { WriteFile(root + "/packages.yml", ""); }));
  EXPECT_TRUE(differs([&] { WriteFile(root + "/new", ""); }));  // the listing
  EXPECT_TRUE(differs([&] {
    fs::remove(root + "/models/a.sql");
    fs::create_directory(root + "/models/a.sql");
  }));
  // Editors' files, which dbt does not read.
  EXPECT_FALSE(differs([&] { WriteFile(root + "/models/.a.sql.swp", "x"); }));
}

TEST_F(ContentDigestTest, ReportsWhatCannotBeRead) {
  const std::string root = Made("p");
  fs::create_directory_symlink(root + "/models", root + "/models/circle");
  EXPECT_THROW(Digest(root), IoError);
}

class InstalledPackagesTest : public ContentDigestTest {
 protected:
  std::string Installed(const std::string& name, const std::string& more) {
    const std::string packages = directory_ / (name + "/site-packages");
    fs::create_directories(packages + "/dbt_core-1.11.dist-info");
    fs::create_directories(packages + "/dbt");
    WriteFile(packages + "/dbt_core-1.11.dist-info/RECORD", "dbt/main.py,sha256=abc,10\n" + more);
    return packages;
  }
  static std::string Packages(const std::string& path) {
    const NamedDependency dependency{"S/site-packages", path, FileUse::kAlone};
    return ContentDigest({&dependency, 1}, 1);
  }
};

TEST_F(InstalledPackagesTest, AreTheSameWhereverTheyAreInstalled) {
  const std::string one = Installed("one", "../../../bin/dbt,sha256=1,2\n");
  const std::string other = Installed("other",
                                      "../../../bin/dbt,sha256=9,8\r\n"
                                      "dbt/__pycache__/main.cpython-311.pyc,,\n"
                                      "dbt_core-1.11.dist-info/INSTALLER,sha256=x,1\n"
                                      "dbt_core-1.11.dist-info/RECORD,,\n");
  fs::create_directories(other + "/__pycache__");
  EXPECT_EQ(Packages(one), Packages(other));
}

TEST_F(InstalledPackagesTest, ChangeWithAVersionAFileOrAPath) {
  const std::string before = Packages(Installed("a", ""));
  EXPECT_NE(before, Packages(Installed("b", "dbt/more.py,sha256=d,1\n")));
  const std::string renamed = Installed("c", "");
  fs::rename(renamed + "/dbt_core-1.11.dist-info", renamed + "/dbt_core-1.12.dist-info");
  EXPECT_NE(before, Packages(renamed));
  const std::string hooked = Installed("d", "");
  WriteFile(hooked + "/editable.pth", "/src/project");
  const std::string with_hook = Packages(hooked);
  EXPECT_NE(before, with_hook);
  WriteFile(hooked + "/editable.pth", "/src/other");
  EXPECT_NE(with_hook, Packages(hooked));
}

TEST_F(InstalledPackagesTest, AreRefusedWithoutARecord) {
  const std::string packages = Installed("a", "");
  fs::remove(packages + "/dbt_core-1.11.dist-info/RECORD");
  EXPECT_THROW(Packages(packages), IoError);
}

}  // namespace
}  // namespace flatmanifest
