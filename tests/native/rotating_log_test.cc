#include "front/rotating_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "format/error.h"
#include "testing/scratch_directory.h"

namespace flatmanifest::front {
namespace {

namespace fs = std::filesystem;
using testing::ReadFile;
using testing::ScratchDirectory;
using testing::WriteFile;
using Names = std::set<std::string>;

class RotatingLogTest : public ::testing::Test {
 protected:
  void Write(const std::vector<std::string>& records, uint64_t max_bytes) const {
    std::string text;
    std::vector<size_t> ends;
    for (const std::string& record : records) {
      text += record;
      ends.push_back(text.size());
    }
    RotatingLog(path_, max_bytes).Write(text, ends);
  }

  ScratchDirectory directory_;
  std::string path_ = directory_ / "dbt.log";
};

TEST_F(RotatingLogTest, AppendsWithoutALimit) {
  WriteFile(path_, "old\n");
  Write({"one\n", "two\n"}, 0);
  EXPECT_EQ(ReadFile(path_), "old\none\ntwo\n");
  EXPECT_EQ(directory_.Names(), Names{"dbt.log"});
}

TEST_F(RotatingLogTest, MakesDirectories) {
  const std::string path = directory_ / "some/where/dbt.log";
  const std::vector<size_t> ends = {4};
  RotatingLog(path, 0).Write("one\n", ends);
  EXPECT_EQ(ReadFile(path), "one\n");
}

// The result of logging.handlers.RotatingFileHandler(…, maxBytes=8, backupCount=5).
TEST_F(RotatingLogTest, BeginsAnotherBeforeItIsFull) {
  Write({"aaa\n", "bb\n", "cc\n", "d\n", "e\n"}, 8);
  EXPECT_EQ(ReadFile(path_ + ".1"), "aaa\nbb\n");
  EXPECT_EQ(ReadFile(path_), "cc\nd\ne\n");
  Write({"f\n"}, 8);
  EXPECT_EQ(ReadFile(path_ + ".2"), "aaa\nbb\n");
  EXPECT_EQ(ReadFile(path_ + ".1"), "cc\nd\ne\n");
  EXPECT_EQ(ReadFile(path_), "f\n");
}

TEST_F(RotatingLogTest, CountsNewTextInCharactersAndTheFileInBytes) {
  Write({"\xc3\xa4\xc3\xa4\n", "b\n"}, 8);  // 5 bytes and 2 characters
  EXPECT_EQ(directory_.Names(), Names{"dbt.log"});
  Write({"\xe2\x82\xac\n"}, 16);  // 7 bytes, then 2 characters in 4 bytes
  EXPECT_EQ(ReadFile(path_), "\xc3\xa4\xc3\xa4\nb\n\xe2\x82\xac\n");
  Write({"\xe2\x82\xac\xe2\x82\xac\n"}, 14);  // 11 bytes, then 3 characters
  EXPECT_EQ(ReadFile(path_), "\xe2\x82\xac\xe2\x82\xac\n");
}

TEST_F(RotatingLogTest, KeepsFive) {
  for (char letter = 'a'; letter < 'j'; ++letter) Write({std::string(4, letter) + "\n"}, 8);
  EXPECT_EQ(directory_.Names(),
            (Names{"dbt.log", "dbt.log.1", "dbt.log.2", "dbt.log.3", "dbt.log.4", "dbt.log.5"}));
  EXPECT_EQ(ReadFile(path_), "iiii\n");
  EXPECT_EQ(ReadFile(path_ + ".5"), "dddd\n");
}

TEST_F(RotatingLogTest, SkipsMissingFiles) {
  WriteFile(path_, "1234567");
  WriteFile(path_ + ".2", "older");
  WriteFile(path_ + ".5", "oldest");
  Write({"new\n"}, 8);
  EXPECT_EQ(directory_.Names(), (Names{"dbt.log", "dbt.log.1", "dbt.log.3", "dbt.log.5"}));
  EXPECT_EQ(ReadFile(path_ + ".3"), "older");
  EXPECT_EQ(ReadFile(path_ + ".5"), "oldest");
}

TEST_F(RotatingLogTest, KnowsWhetherThereIsRoom) {
  WriteFile(path_, "1234");
  EXPECT_TRUE(RotatingLog(path_, 0).HasRoomFor(1000, 1000));
  EXPECT_TRUE(RotatingLog(path_, 100).HasRoomFor(95, 95));
  EXPECT_TRUE(RotatingLog(path_, 100).HasRoomFor(1000, 99));
  EXPECT_FALSE(RotatingLog(path_, 100).HasRoomFor(1000, 100));  // fills a file by itself
  fs::create_directory(path_ + ".5");
  EXPECT_FALSE(RotatingLog(path_, 100).HasRoomFor(1000, 99));
}

TEST_F(RotatingLogTest, LeavesWhatIsNoFileInPlace) {
  fs::create_symlink("/dev/null", path_);
  RotatingLog log(path_, 8);
  EXPECT_TRUE(log.HasRoomFor(1000, 1000));
  Write({"123456789\n", "2\n"}, 8);
  EXPECT_EQ(directory_.Names(), Names{"dbt.log"});
}

TEST_F(RotatingLogTest, NamesAFileThatCannotBeWritten) {
  WriteFile(directory_ / "file", "");
  EXPECT_THROW(RotatingLog(directory_ / "file/dbt.log", 0), IoError);
  EXPECT_THROW(RotatingLog(directory_ / "", 0), IoError);
}

}  // namespace
}  // namespace flatmanifest::front
