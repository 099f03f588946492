#include "store/manifest_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "format/error.h"
#include "store/publish.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

using testing::JsonOf;
using testing::MessageOf;
using testing::ScratchDirectory;
using testing::WriteFile;

std::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The errno that opening `path` fails with.
int OpenError(const std::string& path) {
  try {
    ManifestFile::Open(path);
  } catch (const IoError& error) {
    EXPECT_EQ(error.path(), path);
    return error.error_number();
  }
  return 0;
}

TEST(ManifestFileTest, MapsAFile) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  const FileImage image = testing::Convert(testing::SampleManifest());
  WriteFile(path, Text(image.bytes()));
  const auto file = ManifestFile::Open(path);
  EXPECT_EQ(file->document().name(), path);
  EXPECT_EQ(Text(file->document().bytes()), Text(image.bytes()));
  EXPECT_EQ(JsonOf(file->document()), testing::SampleManifest());
}

TEST(ManifestFileTest, OutlivesTheName) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  WriteFile(path, Text(testing::Convert(testing::SampleManifest()).bytes()));
  const auto file = ManifestFile::Open(path);
  std::filesystem::remove(path);
  EXPECT_EQ(JsonOf(file->document()), testing::SampleManifest());
}

TEST(ManifestFileTest, MissingFiles) {
  const ScratchDirectory directory;
  EXPECT_EQ(OpenError(directory / "missing"), ENOENT);
  EXPECT_EQ(OpenError(directory / "."), EISDIR);
  EXPECT_EQ(OpenError(""), ENOENT);
  WriteFile(directory / "file", "");
  EXPECT_EQ(OpenError(directory / "file/manifest.fman"), ENOTDIR);
}

TEST(ManifestFileTest, FilesThatCannotBeMapped) {
  const ScratchDirectory directory;
  const auto error = [](const std::string& path) {
    return MessageOf<FormatError>([&] { ManifestFile::Open(path); });
  };
  EXPECT_EQ(error("/dev/null"), "/dev/null: not a regular file");
  const std::string pipe = directory / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(error(pipe), pipe + ": not a regular file");
  const std::string empty = directory / "empty";
  WriteFile(empty, "");
  EXPECT_EQ(error(empty), empty + ": the file is empty");
}

TEST(ManifestFileTest, DamageNamesTheFile) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  WriteFile(path, "no manifest");
  EXPECT_EQ(MessageOf<FormatError>([&] { ManifestFile::Open(path); }),
            path + ": not an .fman file (identifier FMAN is missing)");
}

TEST(ManifestFileTest, AnonymousMemoryHoldsACopy) {
  std::shared_ptr<const ManifestFile> file;
  {
    const FileImage image = testing::Convert(testing::SampleManifest());
    file = ManifestFile::OpenAnonymous(image.bytes(), "memory");
    EXPECT_NE(file->document().bytes().data(), image.bytes().data());
  }
  EXPECT_EQ(file->document().name(), "memory");
  EXPECT_EQ(JsonOf(file->document()), testing::SampleManifest());
}

TEST(ManifestFileTest, AnonymousMemoryReachesForkedChildren) {
  const FileImage image = testing::Convert(testing::SampleManifest());
  const auto file = ManifestFile::OpenAnonymous(image.bytes(), "memory");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(JsonOf(file->document()) == testing::SampleManifest() ? 0 : 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(ManifestFileTest, AnonymousMemoryIsCheckedToo) {
  const std::vector<std::byte> junk(100);
  EXPECT_EQ(MessageOf<FormatError>([&] { ManifestFile::OpenAnonymous(junk, "memory"); }),
            "memory: not an .fman file (identifier FMAN is missing)");
}

// --- copies ---

TEST(ManifestFileTest, CopiesAreIndependentOfTheFile) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  WriteFile(path, Text(testing::Convert(testing::SampleManifest()).bytes()));
  const auto file = ManifestFile::Open(path, Access::kCopied);
  EXPECT_EQ(file->access(), Access::kCopied);
  EXPECT_EQ(file->location(), path);
  WriteFile(path, "");
  EXPECT_EQ(JsonOf(file->document()), testing::SampleManifest());
}

TEST(ManifestFileTest, CopiesAreChecked) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  std::string text(Text(testing::Convert(testing::SampleManifest()).bytes()));
  text.at(text.find("stg_orders")) ^= 1;  // among the strings
  WriteFile(path, text);
  EXPECT_EQ(MessageOf<FormatError>([&] { ManifestFile::Open(path, Access::kCopied); }),
            path + ": the checksum is wrong (damaged, or written to while it was read)");
  WriteFile(path, text.substr(0, text.size() / 2));
  EXPECT_NE(MessageOf<FormatError>([&] { ManifestFile::Open(path, Access::kCopied); }), "");
  WriteFile(path, "");
  EXPECT_EQ(MessageOf<FormatError>([&] { ManifestFile::Open(path, Access::kCopied); }),
            path + ": the file is empty");
}

TEST(ManifestFileTest, FileSystemsThatForgetMappedFilesAreCopiedFrom) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  WriteFile(path, Text(testing::Convert(testing::SampleManifest()).bytes()));
  const auto file = ManifestFile::Open(path, Access::kMapped, [](int) { return false; });
  WriteFile(path, "");
  EXPECT_EQ(JsonOf(file->document()), testing::SampleManifest());
}

// --- generations ---

TEST(ManifestFileTest, IsReplacedByWhatIsAtItsPath) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  const auto publish = [&](const std::string& json) {
    FileImage image = testing::Convert(json);
    return PublishNext(path, image.writable_bytes()).generation;
  };
  for (const Access access : {Access::kMapped, Access::kCopied}) {
    publish(R"({"nodes": {}, "is": "old"})");
    const auto old = ManifestFile::Open(path, access);
    EXPECT_EQ(old->OpenReplacement(path), nullptr);
    std::filesystem::last_write_time(path, {});  // touched, and still the same
    EXPECT_EQ(old->OpenReplacement(path), nullptr);

    publish(R"({"nodes": {}, "is": "new"})");
    const auto replacement = old->OpenReplacement(path);
    ASSERT_NE(replacement, nullptr);
    EXPECT_EQ(replacement->access(), access);
    EXPECT_EQ(JsonOf(replacement->document()), R"({"nodes": {}, "is": "new"})");
    EXPECT_EQ(JsonOf(old->document()), R"({"nodes": {}, "is": "old"})");
    std::filesystem::remove(path);
    EXPECT_EQ(old->OpenReplacement(path), nullptr);
  }
}

TEST(ManifestFileTest, GenerationsAreFoundAgainOrSaidToBeGone) {
  const ScratchDirectory directory;
  const std::string path = directory / "manifest.fman";
  const auto publish = [&](const std::string& json) {
    FileImage image = testing::Convert(json);
    PublishNext(path, image.writable_bytes());
    return ManifestFile::Open(path)->document().header();
  };
  const Header first = publish(R"({"nodes": {}})");
  const auto open = [&] { ManifestFile::OpenGeneration(path, first.generation, first.checksum); };
  EXPECT_NO_THROW(open());
  const std::string advice =
      "; open the path again for the newest one, or send to_dict() where the data must be this";

  publish(R"({"nodes": {}, "is": "newer"})");
  EXPECT_EQ(MessageOf<GenerationError>(open),
            path + ": generation 1 is gone: the file is generation 2 now" + advice);
  std::filesystem::remove(path);
  EXPECT_EQ(MessageOf<GenerationError>(open),
            path + ": generation 1 is gone: there is no file any more" + advice);
  publish(R"({"nodes": {}, "is": "made again"})");
  EXPECT_EQ(MessageOf<GenerationError>(open),
            path + ": generation 1 is gone: the file is another generation 1 now" + advice);
}

}  // namespace
}  // namespace flatmanifest
