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
    EXPECT_EQ(Pieces(facts), FactsOf(bytes));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // The facts of the contents that come in pieces.
  ContentFacts Pieces(const ContentFacts& facts) {
    Bytes all;
    ReadPackedPieces(path_, facts, [&](std::span<const std::byte> piece) {
      all.insert(all.end(), piece.begin(), piece.end());
    });
    return FactsOf(all);
  }

  // Whether both ways to read refuse the file.
  bool IsRefused(const ContentFacts& facts) {
    EXPECT_THROW(Pieces(facts), FormatError);
    return !MessageOf<FormatError>([&] { ReadPacked(path_, facts); }).empty();
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
  EXPECT_TRUE(IsRefused(facts));  // of the same size
  WritePacked(path_, BytesOf("longer than expected"));
  EXPECT_TRUE(IsRefused(facts));
  WritePacked(path_, BytesOf("short"));
  EXPECT_TRUE(IsRefused(facts));
  WriteFile(path_, "no zstd file");
  EXPECT_TRUE(IsRefused(facts));
  WriteFile(path_, "");
  EXPECT_TRUE(IsRefused(facts));
  ::unlink(path_.c_str());
  EXPECT_THROW(Unpacked(facts), IoError);
}

TEST_F(PackedFileTest, RefusesAPartAndMoreThanOneWhole) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i);
  const ContentFacts facts = FactsOf(BytesOf(text));
  WritePacked(path_, BytesOf(text));
  const std::string whole = ReadFile(path_);
  EXPECT_EQ(Unpacked(facts), text);
  for (const size_t size : {size_t{1}, whole.size() / 2, whole.size() - 1}) {
    WriteFile(path_, whole.substr(0, size));
    EXPECT_TRUE(IsRefused(facts)) << size;
  }
  WriteFile(path_, whole + whole);
  EXPECT_TRUE(IsRefused(facts));
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
