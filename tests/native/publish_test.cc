#include "store/publish.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "convert/convert.h"
#include "format/error.h"
#include "format/verify.h"
#include "store/manifest_file.h"
#include "testing/file_size_limit.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"
#include "testing/unwritable.h"

namespace flatmanifest {
namespace {

using testing::FileSizeLimit;
using testing::ReadFile;
using testing::ScratchDirectory;
using testing::Unwritable;
using testing::WriteFile;

using Names = std::set<std::string>;

void PublishText(const std::string& path, std::string_view text) {
  Publish(path, std::as_bytes(std::span(text)));
}

// The errno that publishing to `path` fails with, 0 if it does not.
int PublishError(const std::string& path, std::string_view text) {
  try {
    PublishText(path, text);
  } catch (const IoError& error) {
    EXPECT_EQ(error.path(), path);
    return error.error_number();
  }
  return 0;
}

TEST(PublishTest, MakesAFile) {
  const ScratchDirectory directory;
  PublishText(directory / "a", "text");
  EXPECT_EQ(ReadFile(directory / "a"), "text");
  EXPECT_EQ(directory.Names(), Names{"a"});
}

void Append(Publication& publication, std::string_view text) {
  publication.Append(std::as_bytes(std::span(text)));
}

TEST(PublicationTest, IsInPlaceWhenItIsFinished) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", "old");
  const std::string large(1'000'000, 'x');
  {
    Publication publication(directory / "a");
    for (const std::string& piece : {std::string("a"), large, std::string("b")}) {
      Append(publication, piece);
    }
    publication.Close();
    EXPECT_EQ(ReadFile(directory / "a"), "old");
    publication.Finish();
  }
  EXPECT_EQ(ReadFile(directory / "a"), "a" + large + "b");
  EXPECT_EQ(directory.Names(), Names{"a"});
}

TEST(PublicationTest, LeavesNothingIfItIsNotFinished) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", "old");
  {
    Publication publication(directory / "a");
    Append(publication, "new");
    publication.Close();
  }
  EXPECT_EQ(ReadFile(directory / "a"), "old");
  EXPECT_EQ(directory.Names(), Names{"a"});
}

TEST(PublicationTest, ReportsAFullDiskBeforeItIsFinished) {
  const ScratchDirectory directory;
  const FileSizeLimit limit(1000);
  {
    Publication publication(directory / "a");
    Append(publication, std::string(2000, 'x'));
    EXPECT_THROW(publication.Close(), IoError);
  }
  EXPECT_EQ(directory.Names(), Names());
}

TEST(PublicationTest, FollowsALinkAndKeepsTheMode) {
  const ScratchDirectory directory;
  WriteFile(directory / "file", "old");
  ASSERT_EQ(::chmod((directory / "file").c_str(), 0640), 0);
  ASSERT_EQ(::symlink("file", (directory / "link").c_str()), 0);
  Publication publication(directory / "link", Existing::kKeep);
  Append(publication, "new");
  publication.Close();
  publication.Finish();
  struct stat status {};
  ASSERT_EQ(::stat((directory / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
  EXPECT_EQ(ReadFile(directory / "file"), "new");
}

TEST(PublicationTest, WritesToAPipeInPlace) {
  Publication publication("/dev/null");
  Append(publication, "text");
  publication.Close();
  publication.Finish();
  struct stat status {};
  ASSERT_EQ(::stat("/dev/null", &status), 0);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
}

TEST(PublishTest, ReplacesAFile) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", "a text that is longer than the new one");
  PublishText(directory / "a", "text");
  EXPECT_EQ(ReadFile(directory / "a"), "text");
  EXPECT_EQ(directory.Names(), Names{"a"});
}

TEST(PublishTest, EmptyFiles) {
  const ScratchDirectory directory;
  PublishText(directory / "a", "");
  EXPECT_EQ(ReadFile(directory / "a"), "");
}

TEST(PublishTest, PathsWithoutADirectoryAreRelative) {
  const ScratchDirectory directory;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory / ".");
  PublishText("a", "text");
  std::filesystem::current_path(before);
  EXPECT_EQ(ReadFile(directory / "a"), "text");
}

TEST(PublishTest, FollowsTheUmask) {
  const ScratchDirectory directory;
  const mode_t before = ::umask(027);
  PublishText(directory / "a", "text");
  ::umask(before);
  struct stat status;
  ASSERT_EQ(::stat((directory / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, mode_t{0640});
}

TEST(PublishTest, ReadersKeepTheOldFile) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  Publish(path, testing::Convert(R"({"nodes": {"old": {}}})").bytes());
  const auto old = ManifestFile::Open(path);
  Publish(path, testing::Convert(R"({"nodes": {}, "new": null})").bytes());
  EXPECT_EQ(testing::JsonOf(old->document()), R"({"nodes": {"old": {}}})");
  EXPECT_EQ(testing::JsonOf(ManifestFile::Open(path)->document()), R"({"nodes": {}, "new": null})");
}

TEST(PublishTest, ReadersSeeOneFileOrTheOther) {
  const ScratchDirectory directory;
  const std::string path = directory / "a";
  constexpr size_t kSize = 100'000;
  constexpr int kTimes = 50;
  PublishText(path, std::string(kSize, 'a'));
  const auto publish = [&](char letter) {
    for (int i = 0; i < kTimes; ++i) PublishText(path, std::string(kSize, letter));
  };
  std::thread first(publish, 'b');
  std::thread second(publish, 'c');
  for (int i = 0; i < kTimes; ++i) {
    const std::string text = ReadFile(path);
    ASSERT_EQ(text.size(), kSize);
    ASSERT_EQ(text, std::string(kSize, text.front()));
  }
  first.join();
  second.join();
  EXPECT_EQ(directory.Names(), Names{"a"});
}

// --- what is not a regular file ---

TEST(PublishSpecialFileTest, PipesAreWrittenTo) {
  const ScratchDirectory directory;
  const std::string path = directory / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  PublishText(path, "text");
  char text[8] = {};
  EXPECT_EQ(::read(reader, text, sizeof(text)), 4);
  EXPECT_STREQ(text, "text");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(path));
  EXPECT_EQ(directory.Names(), Names{"pipe"});
}

TEST(PublishSpecialFileTest, DevicesAreWrittenTo) {
  PublishText("/dev/null", "text");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(PublishSpecialFileTest, DevicesThatAreFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  EXPECT_EQ(PublishError("/dev/full", "text"), ENOSPC);
}

TEST(PublishSpecialFileTest, DirectoriesAreRefused) {
  const ScratchDirectory directory;
  std::filesystem::create_directory(directory / "a");
  EXPECT_EQ(PublishError(directory / "a", "text"), EISDIR);
  EXPECT_EQ(directory.Names(), Names{"a"});
}

// --- failure ---

TEST(PublishFailureTest, NoSuchDirectory) {
  const ScratchDirectory directory;
  EXPECT_EQ(PublishError(directory / "missing/a", "text"), ENOENT);
  WriteFile(directory / "file", "");
  EXPECT_EQ(PublishError(directory / "file/a", "text"), ENOTDIR);
}

TEST(PublishFailureTest, UnwritableDirectory) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", "old");
  {
    const Unwritable unwritable(directory / ".");
    if (!unwritable.ok()) GTEST_SKIP() << "root cannot become nobody here";
    EXPECT_EQ(PublishError(directory / "a", "new"), EACCES);
    EXPECT_EQ(PublishError(directory / "b", "new"), EACCES);
  }
  EXPECT_EQ(ReadFile(directory / "a"), "old");
  EXPECT_EQ(directory.Names(), Names{"a"});
}

TEST(PublishFailureTest, NoRoomLeavesTheOldFileAndNothingElse) {
  const ScratchDirectory directory;
  WriteFile(directory / "a", "old");
  {
    const FileSizeLimit limit(4096);
    EXPECT_EQ(PublishError(directory / "a", std::string(100'000, 'x')), EFBIG);
    EXPECT_EQ(PublishError(directory / "b", std::string(100'000, 'x')), EFBIG);
  }
  EXPECT_EQ(ReadFile(directory / "a"), "old");
  EXPECT_EQ(directory.Names(), Names{"a"});
}

TEST(PublishFailureTest, TheMessageNamesFileAndCause) {
  const ScratchDirectory directory;
  std::filesystem::create_directory(directory / "a");
  try {
    PublishText(directory / "a", "text");
    FAIL() << "published over a directory";
  } catch (const IoError& error) {
    EXPECT_EQ(std::string(error.what()), "cannot write " + directory / "a" + ": Is a directory");
  }
}

// --- generations ---

TEST(NextGenerationTest, StartsAtOne) {
  const ScratchDirectory directory;
  EXPECT_EQ(NextGeneration(directory / "missing"), 1U);
  WriteFile(directory / "damaged", "no manifest");
  EXPECT_EQ(NextGeneration(directory / "damaged"), 1U);
  EXPECT_EQ(NextGeneration(directory / "."), 1U);
  EXPECT_EQ(NextGeneration("/dev/null"), 1U);
}

TEST(NextGenerationTest, FollowsTheFileThatIsThere) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  Publish(path, testing::Convert(testing::SampleManifest(), {.generation = 41}).bytes());
  EXPECT_EQ(NextGeneration(path), 42U);
}

TEST(PublishNextTest, GivesTheFileItsGeneration) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  for (uint64_t generation = 1; generation <= 3; ++generation) {
    // The generation that it was made with does not matter.
    FileImage image = testing::Convert(testing::SampleManifest(), {.generation = 7});
    EXPECT_EQ(PublishNext(path, image.writable_bytes()).generation, generation);
    const auto file = ManifestFile::Open(path);
    EXPECT_EQ(file->document().header().generation, generation);
    Verify(file->document());
  }
  EXPECT_EQ(directory.Names(), Names{"manifest.fman"});
}

TEST(PublishNextTest, GenerationsThatCannotBeReadNowAreNotGivenAgain) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  FileImage image = testing::Convert(testing::SampleManifest());
  std::filesystem::create_symlink("manifest.fman", path);  // ELOOP
  EXPECT_THROW(PublishNext(path, image.writable_bytes()), IoError);
  EXPECT_EQ(directory.Names(), Names{"manifest.fman"});
}

TEST(PublishOverTest, ReplacesThatFileAndNoOther) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  const auto publish = [&](const char* json) {
    FileImage image = testing::Convert(json);
    PublishNext(path, image.writable_bytes());
    return ManifestFile::Open(path)->document().header();
  };
  const Header first = publish(R"({"nodes": {}})");
  FileImage image = testing::Convert(R"({"nodes": {}, "is": "renewed"})");
  EXPECT_EQ(PublishOver(path, first, image.writable_bytes()).value().generation, 2U);
  EXPECT_FALSE(PublishOver(path, first, image.writable_bytes()));
  const Header other = publish(R"({"nodes": {}, "is": "other"})");
  EXPECT_FALSE(PublishOver(path, first, image.writable_bytes()));
  EXPECT_EQ(ManifestFile::Open(path)->document().header().checksum, other.checksum);
  // The file has the expected generation, but other contents: it was made again meanwhile.
  Header anew = other;
  ++anew.checksum;
  EXPECT_FALSE(PublishOver(path, anew, image.writable_bytes()));
  std::filesystem::remove(path);
  EXPECT_FALSE(PublishOver(path, other, image.writable_bytes()));
  EXPECT_EQ(directory.Names(), Names{});
}

}  // namespace
}  // namespace flatmanifest
