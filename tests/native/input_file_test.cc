#include "store/input_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "format/error.h"
#include "testing/gzip.h"
#include "testing/message_of.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

using testing::Gzip;
using testing::MessageOf;
using testing::ScratchDirectory;
using testing::WriteFile;

constexpr int64_t kSecond = 1'000'000'000;

std::string ReadText(const std::string& path) { return std::string(ReadInput(path).text.text()); }

// Text that is larger than the first buffer of every way of reading.
std::string LongText() {
  std::string text;
  while (text.size() < 3'000'000) text += "line " + std::to_string(text.size()) + '\n';
  return text;
}

// --- PaddedText ---

TEST(PaddedTextTest, IsFollowedByZeros) {
  PaddedText text(3);
  std::copy_n("abc", 3, text.data());
  EXPECT_EQ(text.text(), "abc");
  EXPECT_EQ(text.padded().length(), 3U);
  ASSERT_EQ(text.padded().capacity(), 3 + simdjson::SIMDJSON_PADDING);
  EXPECT_TRUE(std::all_of(text.data() + 3, text.data() + text.padded().capacity(),
                          [](char c) { return c == 0; }));
}

TEST(PaddedTextTest, ResizingKeepsTheTextAndThePadding) {
  PaddedText text(3);
  std::copy_n("abc", 3, text.data());
  text.Resize(2);
  EXPECT_EQ(text.text(), "ab");
  EXPECT_EQ(text.data()[2], 0);
  text.Resize(100'000);
  EXPECT_EQ(text.text().substr(0, 2), "ab");
  EXPECT_EQ(text.size(), 100'000U);
}

// --- reading ---

TEST(ReadInputTest, ReadsAFile) {
  const ScratchDirectory directory;
  for (const std::string& text : {std::string(), std::string("{}"), LongText()}) {
    WriteFile(directory / "a", text);
    EXPECT_EQ(ReadText(directory / "a"), text);
  }
}

TEST(ReadInputTest, StampsAFile) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", "text");
  const InputFile input = ReadInput(directory / "a");
  ASSERT_TRUE(input.stamp);
  struct stat status;
  ASSERT_EQ(::stat((directory / "a").c_str(), &status), 0);
  EXPECT_EQ(input.stamp->size, 4U);
  EXPECT_EQ(input.stamp->inode, status.st_ino);
  EXPECT_EQ(input.stamp->device, status.st_dev);
  EXPECT_EQ(input.stamp->mtime_ns / kSecond, status.st_mtime);
  EXPECT_EQ(input.stamp->ctime_ns / kSecond, status.st_ctime);
  EXPECT_GE(input.stamp->taken_ns, input.stamp->mtime_ns);
}

TEST(ReadInputTest, TheDigestIsThatOfTheContents) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", "text");
  WriteFile(directory / "b", "text");
  WriteFile(directory / "c", "tent");
  const SourceStamp a = *ReadInput(directory / "a").stamp;
  const SourceStamp b = *ReadInput(directory / "b").stamp;
  const SourceStamp c = *ReadInput(directory / "c").stamp;
  EXPECT_EQ(a.digest_low, b.digest_low);
  EXPECT_EQ(a.digest_high, b.digest_high);
  EXPECT_NE(a.digest_low, c.digest_low);
  EXPECT_NE(a.digest_high, c.digest_high);
}

TEST(ReadInputTest, FilesThatCannotBeRead) {
  const ScratchDirectory directory;
  const auto error = [](const std::string& path) {
    return MessageOf<IoError>([&] { ReadInput(path); });
  };
  const std::string missing = directory / "missing";
  EXPECT_EQ(error(missing), "cannot open " + missing + ": No such file or directory");
  const std::string itself = directory / ".";
  EXPECT_EQ(error(itself), "cannot read " + itself + ": Is a directory");
}

TEST(ReadInputTest, MoreThanFourGibibytes) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  WriteFile(path, "{");
  std::error_code error;
  std::filesystem::resize_file(path, (uintmax_t{4} << 30) + 1, error);
  if (error) GTEST_SKIP() << "no file of that size here: " << error.message();
  EXPECT_EQ(MessageOf<ConvertError>([&] { ReadInput(path); }),
            path + ": byte 4294967296: over 4 GiB of JSON, more than can be converted");
}

// --- pipes ---

// Writes `text` into a pipe at `path` while `read` runs.
template <typename Read>
void WhileWriting(const std::string& path, const std::string& text, Read read) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { WriteFile(path, text); });
  read();
  writer.join();
}

TEST(ReadInputPipeTest, ReadsToTheEndAndHasNoStamp) {
  const ScratchDirectory directory;
  const std::string text = LongText();
  WhileWriting(directory / "pipe", text, [&] {
    const InputFile input = ReadInput(directory / "pipe");
    EXPECT_EQ(input.text.text(), text);
    EXPECT_FALSE(input.stamp);
  });
}

TEST(ReadInputPipeTest, UnpacksGzip) {
  const ScratchDirectory directory;
  const std::string text = LongText();
  WhileWriting(directory / "pipe", Gzip(text),
               [&] { EXPECT_EQ(ReadText(directory / "pipe"), text); });
}

// Makes the file at `path` standard input, for as long as it lives.
class StandardInput {
 public:
  explicit StandardInput(const std::string& path) : before_(::dup(STDIN_FILENO)) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_GE(::dup2(file, STDIN_FILENO), 0);
    ::close(file);
  }
  ~StandardInput() {
    if (before_ < 0) {
      ::close(STDIN_FILENO);
      return;
    }
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
  }
  StandardInput(const StandardInput&) = delete;
  StandardInput& operator=(const StandardInput&) = delete;

 private:
  const int before_;
};

TEST(ReadInputPipeTest, ADashIsStandardInput) {
  const ScratchDirectory directory;
  WhileWriting(directory / "pipe", "from a pipe", [&] {
    const StandardInput standard_input(directory / "pipe");
    EXPECT_EQ(ReadText("-"), "from a pipe");
  });
  WriteFile(directory / "a", "from a file");
  const StandardInput standard_input(directory / "a");
  const InputFile input = ReadInput("-");
  EXPECT_EQ(input.text.text(), "from a file");
  EXPECT_FALSE(input.stamp) << "there is no name to look at again";
}

// --- gzip ---

TEST(ReadInputGzipTest, UnpacksWhateverTheName) {
  const ScratchDirectory directory;
  for (const std::string& text : {std::string(), std::string("{}"), LongText()}) {
    WriteFile(directory / "a.json", Gzip(text));
    EXPECT_EQ(ReadText(directory / "a.json"), text);
  }
}

TEST(ReadInputGzipTest, TheStampIsThatOfThePackedFile) {
  const ScratchDirectory directory;
  const std::string packed = Gzip("text");
  WriteFile(directory / "a", packed);
  const InputFile input = ReadInput(directory / "a");
  ASSERT_TRUE(input.stamp);
  EXPECT_EQ(input.stamp->size, packed.size());
  EXPECT_EQ(CheckFreshness(directory / "a", *input.stamp), Freshness::kSameContent);
}

TEST(ReadInputGzipTest, UnpacksEveryMember) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", Gzip("one ") + Gzip("") + Gzip("two") + Gzip(LongText()));
  EXPECT_EQ(ReadText(directory / "a"), "one two" + LongText());
}

TEST(ReadInputGzipTest, UnpacksToABufferThatIsJustFull) {
  const ScratchDirectory directory;
  for (const size_t size : {(1 << 20) - 1, 1 << 20, (1 << 20) + 1}) {
    const std::string text(size, 'x');
    WriteFile(directory / "a", Gzip(text));
    EXPECT_EQ(ReadText(directory / "a"), text);
  }
}

TEST(ReadInputGzipTest, TruncatedAtEveryByte) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  const std::string packed = Gzip("some text");
  for (size_t length = 2; length < packed.size(); ++length) {
    WriteFile(path, packed.substr(0, length));
    EXPECT_EQ(MessageOf<ConvertError>([&] { ReadInput(path); }),
              path + ": byte " + std::to_string(length) + ": the gzip data ends early (truncated)");
  }
}

TEST(ReadInputGzipTest, TruncatedInALaterMember) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  const std::string members = Gzip("one") + Gzip("two");
  WriteFile(path, members.substr(0, members.size() - 1));
  EXPECT_EQ(MessageOf<ConvertError>([&] { ReadInput(path); }),
            path + ": byte " + std::to_string(members.size() - 1) +
                ": the gzip data ends early (truncated)");
}

TEST(ReadInputGzipTest, DamagedAtEveryByteThatMatters) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  const std::string packed = Gzip("some text");
  constexpr size_t kHeader = 10;  // holds a time and a system, which nothing checks
  for (size_t i = kHeader; i < packed.size(); ++i) {
    std::string damaged = packed;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    WriteFile(path, damaged);
    EXPECT_THROW(ReadInput(path), ConvertError) << "byte " << i;
  }
  std::string wrong_sum = packed;
  wrong_sum[packed.size() - 8] ^= 1;
  WriteFile(path, wrong_sum);
  EXPECT_EQ(MessageOf<ConvertError>([&] { ReadInput(path); }).find(path + ": byte "), 0U);
}

TEST(ReadInputGzipTest, FollowedBySomethingElse) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  WriteFile(path, Gzip("text") + "something else");
  const std::string message = MessageOf<ConvertError>([&] { ReadInput(path); });
  EXPECT_NE(message.find(": damaged gzip data"), std::string::npos) << message;
}

TEST(ReadInputGzipTest, ZerosMayFollow) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  for (const size_t zeros : {1, 511, 3'000'000}) {
    WriteFile(path, Gzip("text") + std::string(zeros, '\0'));
    EXPECT_EQ(ReadText(path), "text");
    WriteFile(path,
              Gzip("one ") + std::string(zeros, '\0') + Gzip("two") + std::string(zeros, '\0'));
    EXPECT_EQ(ReadText(path), "one two");
  }
  WriteFile(path, Gzip("text") + std::string(8, '\0') + "x");
  EXPECT_THROW(ReadInput(path), ConvertError);
}

// Small input that unpacks to fill memory is refused early, with little memory used.
TEST(ReadInputGzipTest, InputThatUnpacksToFarMoreThanItsSizeIsRefused) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  const std::string zeros(16 << 20, ' ');
  const std::string member = Gzip(zeros);
  std::string members;
  for (int i = 0; i < 20; ++i) members += member;
  WriteFile(path, members);
  const std::string message = MessageOf<ConvertError>([&] { ReadInput(path); });
  EXPECT_EQ(message.find(path + ": byte "), 0U);
  EXPECT_NE(message.find("unpacked to 68157440 bytes"), std::string::npos) << message;
  EXPECT_NE(message.find("over 200 times its size"), std::string::npos) << message;
  // Packed as tightly, but small.
  WriteFile(path, member + member);
  EXPECT_EQ(ReadText(path).size(), 2 * zeros.size());
}

// --- freshness ---

class FreshnessTest : public ::testing::Test {
 protected:
  FreshnessTest() { WriteFile(path_, "text"); }

  SourceStamp Stamp() const { return *ReadInput(path_).stamp; }
  // Makes the file look untouched for long when the stamp was taken.
  SourceStamp SettledStamp() const {
    SourceStamp stamp = Stamp();
    stamp.taken_ns += 10 * kSecond;
    return stamp;
  }
  Freshness Check(const SourceStamp& stamp) const { return CheckFreshness(path_, stamp); }

  const ScratchDirectory directory_;
  const std::string path_ = directory_ / "a";
};

TEST_F(FreshnessTest, AFileThatWasJustWrittenIsReadAgain) {
  EXPECT_EQ(Check(Stamp()), Freshness::kSameContent);
}

TEST_F(FreshnessTest, AFileThatHasSettledIsNot) {
  SourceStamp stamp = SettledStamp();
  EXPECT_EQ(Check(stamp), Freshness::kUnchanged);
  stamp.digest_low ^= 1;
  EXPECT_EQ(Check(stamp), Freshness::kUnchanged) << "by what stat says alone";
}

TEST_F(FreshnessTest, NewContentsOfTheSameSize) {
  const SourceStamp stamp = Stamp();
  WriteFile(path_, "tent");
  EXPECT_EQ(Check(stamp), Freshness::kChanged);
}

TEST_F(FreshnessTest, NewContentsThatNoTimeTells) {
  // The file was written to after the stamp was taken, within one tick of the clock.
  const SourceStamp before = Stamp();
  WriteFile(path_, "tent");
  SourceStamp stamp = Stamp();
  stamp.digest_low = before.digest_low;
  stamp.digest_high = before.digest_high;
  EXPECT_EQ(Check(stamp), Freshness::kChanged);
}

TEST_F(FreshnessTest, NewContentsOfAnotherSize) {
  const SourceStamp stamp = SettledStamp();
  WriteFile(path_, "text and more");
  EXPECT_EQ(Check(stamp), Freshness::kChanged);
}

TEST_F(FreshnessTest, EveryPartOfStatCounts) {
  const SourceStamp stamp = SettledStamp();
  for (const auto member : {&SourceStamp::size, &SourceStamp::inode, &SourceStamp::device}) {
    SourceStamp other = stamp;
    other.*member += 1;
    EXPECT_EQ(Check(other), Freshness::kChanged);
  }
  for (const auto member : {&SourceStamp::mtime_ns, &SourceStamp::ctime_ns}) {
    SourceStamp other = stamp;
    other.*member -= 1;
    EXPECT_EQ(Check(other), Freshness::kChanged);
  }
}

TEST_F(FreshnessTest, TouchedFile) {
  const SourceStamp stamp = SettledStamp();
  const timespec times[] = {{1'000, 0}, {1'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  EXPECT_EQ(Check(stamp), Freshness::kChanged);
}

TEST_F(FreshnessTest, ReplacedFile) {
  const SourceStamp stamp = SettledStamp();
  WriteFile(directory_ / "b", "text");
  std::filesystem::rename(directory_ / "b", path_);
  EXPECT_EQ(Check(stamp), Freshness::kChanged);
}

TEST_F(FreshnessTest, RemovedFile) {
  const SourceStamp stamp = SettledStamp();
  std::filesystem::remove(path_);
  EXPECT_EQ(Check(stamp), Freshness::kChanged);
  std::filesystem::create_directory(path_);
  EXPECT_EQ(Check(stamp), Freshness::kChanged);
}

TEST_F(FreshnessTest, RestampingWaitsForTheClock) {
  EXPECT_FALSE(Restamp(Stamp())) << "it would be no better than the old stamp";
  SourceStamp old = Stamp();
  old.mtime_ns -= 10 * kSecond;
  old.ctime_ns -= 10 * kSecond;
  const auto renewed = Restamp(old);
  ASSERT_TRUE(renewed);
  EXPECT_GE(renewed->taken_ns, old.taken_ns);
  EXPECT_EQ(renewed->digest_low, old.digest_low);
  EXPECT_EQ(renewed->ctime_ns, old.ctime_ns);
}

}  // namespace
}  // namespace flatmanifest
