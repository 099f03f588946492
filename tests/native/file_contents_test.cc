#include "freshness/file_contents.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

constexpr size_t kMost = 100'000;

using Contents = std::vector<std::optional<std::string>>;

class FileContentsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    testing::WriteFile(scratch_ / name, text);
    return scratch_ / name;
  }

  testing::ScratchDirectory scratch_;
};

TEST_F(FileContentsTest, HasAllOfThemInOrderForAnyNumberOfThreads) {
  std::vector<std::string> paths;
  Contents expected;
  for (int i = 0; i < 1000; ++i) {
    expected.emplace_back(std::string(static_cast<size_t>(i * 7 % 300), 'x') + std::to_string(i));
    paths.push_back(Write(std::to_string(i), *expected.back()));
  }
  for (const unsigned thread_count : {0U, 1U, 2U, 8U, 64U}) {
    EXPECT_EQ(ReadFiles(paths, kMost, thread_count), expected) << thread_count;
  }
}

TEST_F(FileContentsTest, ReadsBytesAsTheyAre) {
  const std::string bytes("\xff\0\r\n", 4);
  const std::vector<std::string> paths = {Write("bytes", bytes), Write("empty", "")};
  EXPECT_EQ(ReadFiles(paths, kMost, 2), (Contents{bytes, ""}));
}

TEST_F(FileContentsTest, LeavesOutWhatIsTooLong) {
  const std::vector<std::string> paths = {Write("most", std::string(kMost, 'x')),
                                          Write("more", std::string(kMost + 1, 'x'))};
  EXPECT_EQ(ReadFiles(paths, kMost, 1), (Contents{std::string(kMost, 'x'), std::nullopt}));
}

TEST_F(FileContentsTest, LeavesOutWhatIsNoFile) {
  ASSERT_EQ(::mkfifo((scratch_ / "pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(scratch_ / "directory");
  const std::vector<std::string> paths = {scratch_ / "missing", scratch_ / "pipe",
                                          scratch_ / "directory", Write("file", "text")};
  EXPECT_EQ(ReadFiles(paths, kMost, 2),
            (Contents{std::nullopt, std::nullopt, std::nullopt, "text"}));
}

TEST_F(FileContentsTest, ReadsNothingOfNothing) { EXPECT_TRUE(ReadFiles({}, kMost, 4).empty()); }

}  // namespace
}  // namespace flatmanifest
