#include "front/history.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "testing/scratch_directory.h"

namespace flatmanifest::front {
namespace {

TEST(History, KeepsTheLastHundredRuns) {
  const testing::ScratchDirectory scratch;
  const std::string directory = scratch / "cache";
  std::filesystem::create_directory(directory);
  for (int i = 0; i < 103; ++i) {
    CountRun(directory, {.time_s = i, .command = "ls", .because = "reason " + std::to_string(i)});
  }
  CountAnswer(directory);
  CountAnswer(directory);
  const History history = ReadHistory(directory);
  EXPECT_EQ(history.native_count, 2u);
  EXPECT_EQ(history.dbt_count, 103u);
  ASSERT_EQ(history.runs.size(), 100u);
  EXPECT_EQ(history.runs.front().because, "reason 102");
  EXPECT_EQ(history.runs.back().because, "reason 3");
}

TEST(History, KeepsARunOnOneLine) {
  const testing::ScratchDirectory scratch;
  const std::string directory = scratch / "cache";
  std::filesystem::create_directory(directory);
  CountRun(directory, {.time_s = 7, .command = "ls", .because = "a\tb\nc", .not_recorded = "d"});
  const History history = ReadHistory(directory);
  ASSERT_EQ(history.runs.size(), 1u);
  EXPECT_EQ(history.runs[0].time_s, 7);
  EXPECT_EQ(history.runs[0].because, "a b c");
  EXPECT_EQ(history.runs[0].not_recorded, "d");
}

TEST(History, BeginsADamagedFileAnew) {
  const testing::ScratchDirectory scratch;
  const std::string directory = scratch / "cache";
  std::filesystem::create_directory(directory);
  CountAnswer(directory);
  testing::WriteFile(directory + "/history.txt", "flatmanifest history 1\nnative");
  EXPECT_EQ(ReadHistory(directory).native_count, 0u);
  CountAnswer(directory);
  EXPECT_EQ(ReadHistory(directory).native_count, 1u);
}

TEST(History, NeedsADirectory) {
  const testing::ScratchDirectory scratch;
  const std::string directory = scratch / "absent";
  CountRun(directory, {.time_s = 1, .command = "ls", .because = "x"});
  CountAnswer(directory);
  EXPECT_FALSE(std::filesystem::exists(directory));
  EXPECT_EQ(ReadHistory(directory).dbt_count, 0u);
}

}  // namespace
}  // namespace flatmanifest::front
