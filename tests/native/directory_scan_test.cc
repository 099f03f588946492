#include "freshness/directory_scan.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "format/error.h"
#include "store/descriptor.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

namespace fs = std::filesystem;

bool Never(const std::string& /*path*/, const struct stat& /*status*/) { return false; }
bool Always(const std::string& /*path*/, const struct stat& /*status*/) { return true; }

// One directory with many files, and many directories with some files each.
class DirectoryScanTest : public ::testing::Test {
 protected:
  DirectoryScanTest() {
    for (int i = 0; i < 1000; ++i) Write("flat", i);
    for (int i = 0; i < 300; ++i) Write("deep/" + std::to_string(i % 60) + "/inner", i);
    fs::create_directories(root_ + "/empty");
  }

  void Write(const std::string& directory, int i) const {
    fs::create_directories(root_ + "/" + directory);
    testing::WriteFile(root_ + "/" + directory + "/" + std::to_string(i) + ".sql",
                       std::to_string(i));
  }
  ScanResult Scan(unsigned thread_count, const IsByContent& is_by_content = &Never) const {
    const FileDependency tree{root_};
    return ScanDirectories({&tree, 1}, is_by_content, thread_count);
  }

  testing::ScratchDirectory scratch_;
  const std::string root_ = scratch_ / "models";
};

TEST_F(DirectoryScanTest, HasOneDigestForAnyNumberOfThreads) {
  const ScanResult alone = Scan(1, &Always);
  EXPECT_EQ(alone.file_count, 1300U);
  EXPECT_EQ(alone.by_content.size(), 1300U);
  EXPECT_TRUE(std::is_sorted(alone.by_content.begin(), alone.by_content.end()));
  for (unsigned thread_count = 2; thread_count < 20; ++thread_count) {
    const ScanResult together = Scan(thread_count, &Always);
    EXPECT_EQ(together.digest_low, alone.digest_low);
    EXPECT_EQ(together.digest_high, alone.digest_high);
    EXPECT_EQ(together.by_content, alone.by_content);
    EXPECT_EQ(together.file_count, alone.file_count);
  }
}

TEST_F(DirectoryScanTest, SeesEveryKindOfChangeInEveryPart) {
  std::vector<uint64_t> seen = {Scan(4).digest_low};
  const auto expect_another = [&](const std::string& what) {
    seen.push_back(Scan(4).digest_low);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), seen.back()), 1) << what;
  };
  for (const char* name :
       {"/flat/0.sql", "/flat/999.sql", "/flat/500.sql", "/deep/59/inner/59.sql"}) {
    testing::WriteFile(root_ + name, "another");
    expect_another(std::string("written to: ") + name);
  }
  fs::remove(root_ + "/flat/777.sql");
  expect_another("a file has gone");
  fs::remove(root_ + "/empty");
  expect_another("an empty directory has gone");
  fs::create_directories(root_ + "/flat/777.sql");
  expect_another("a directory in place of a file");
  fs::rename(root_ + "/deep/1", root_ + "/deep/100");
  expect_another("a directory with another name");
  fs::create_symlink("nowhere", root_ + "/link");
  expect_another("a link to nowhere");
}

TEST_F(DirectoryScanTest, SeesAnotherTime) {
  const uint64_t before = Scan(1).digest_low;
  const fs::path file = root_ + "/flat/0.sql";
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::hours(1));
  EXPECT_NE(Scan(1).digest_low, before);
}

TEST_F(DirectoryScanTest, ContentsTellWhatTimesDoNot) {
  const FileDependency dependency{scratch_ / "file.sql"};
  testing::WriteFile(dependency.path, "one");
  const Descriptor file(::open(dependency.path.c_str(), O_RDWR | O_CLOEXEC));
  void* const mapped = ::mmap(nullptr, 3, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  auto* const text = static_cast<volatile char*>(mapped);
  text[0] = 'O';  // the first write through a mapping may set the times, and the next does not
  const auto digest = [&](const IsByContent& is_by_content) {
    return ScanDirectories({&dependency, 1}, is_by_content, 1).digest_low;
  };
  const uint64_t by_times = digest(&Never);
  const uint64_t by_content = digest(&Always);
  text[0] = 'o';
  EXPECT_EQ(digest(&Never), by_times);
  EXPECT_NE(digest(&Always), by_content);
  ::munmap(mapped, 3);
}

TEST_F(DirectoryScanTest, EndsWithTheErrorOfAnyThread) {
  fs::create_symlink("..", root_ + "/deep/30/circle");
  for (const unsigned thread_count : {1U, 2U, 8U}) {
    EXPECT_THROW(Scan(thread_count), IoError);
  }
}

}  // namespace
}  // namespace flatmanifest
