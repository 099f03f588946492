#include "portable/packed_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/error.h"
#include "testing/message_of.h"
#include "testing/scratch_directory.h"

namespace flatmanifest::portable {
namespace {

using flatmanifest::testing::MessageOf;
using flatmanifest::testing::ReadFile;
using flatmanifest::testing::ScratchDirectory;
using flatmanifest::testing::WriteFile;

Bytes BytesOf(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

class PackedFileTest : public ::testing::Test {
 protected:
  std::string Unpacked(const ContentFacts& facts) {
    const Bytes bytes = ReadPacked(path_, facts);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  ScratchDirectory directory_;
  std::string path_ = directory_ / "a.zst";
};

TEST_F(PackedFileTest, GivesBackWhatWasWritten) {
  for (const std::string& text :
       {std::string(), std::string(1'000'000, 'x'), std::string("a\0b")}) {
    WritePacked(path_, BytesOf(text));
    EXPECT_EQ(Unpacked(FactsOf(BytesOf(text))), text);
  }
  EXPECT_LT(ReadFile(path_).size(), 100U);
}

TEST_F(PackedFileTest, RefusesOtherContents) {
  const ContentFacts facts = FactsOf(BytesOf("expected"));
  WritePacked(path_, BytesOf("somewhat"));
  EXPECT_THROW(Unpacked(facts), FormatError);  // of the same size
  WritePacked(path_, BytesOf("longer than expected"));
  EXPECT_THROW(Unpacked(facts), FormatError);
  WritePacked(path_, BytesOf("short"));
  EXPECT_THROW(Unpacked(facts), FormatError);
  WriteFile(path_, "no zstd file");
  EXPECT_THROW(Unpacked(facts), FormatError);
  ::unlink(path_.c_str());
  EXPECT_THROW(Unpacked(facts), IoError);
}

TEST_F(PackedFileTest, RefusesABombBeforeThereIsRoomForIt) {
  const uint64_t size = uint64_t{1} << 31;
  WritePacked(path_, BytesOf("small"));
  const std::string message =
      MessageOf<FormatError>([&] { ReadPacked(path_, {.size = size, .digest = "0"}); });
  EXPECT_NE(message.find("over 200 times its size"), std::string::npos) << message;
}

TEST_F(PackedFileTest, ReplacesALinkInsteadOfWritingThroughIt) {
  WriteFile(directory_ / "victim", "unchanged");
  ASSERT_EQ(::symlink((directory_ / "victim").c_str(), path_.c_str()), 0);
  WritePacked(path_, BytesOf("packed"));
  EXPECT_EQ(ReadFile(directory_ / "victim"), "unchanged");
  EXPECT_EQ(Unpacked(FactsOf(BytesOf("packed"))), "packed");
}

}  // namespace
}  // namespace flatmanifest::portable
