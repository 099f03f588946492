#include "convert/convert.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "format/error.h"
#include "format/verify.h"
#include "store/input_file.h"
#include "store/publish.h"
#include "testing/file_size_limit.h"
#include "testing/gzip.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"
#include "testing/unwritable.h"

namespace flatmanifest {
namespace {

using testing::FileSizeLimit;
using testing::MessageOf;
using testing::PatchedFile;
using testing::ReadFile;
using testing::ScratchDirectory;
using testing::Unwritable;
using testing::WriteFile;

using Names = std::set<std::string>;
using FilePtr = std::shared_ptr<const ManifestFile>;

constexpr int64_t kSecond = 1'000'000'000;

// Two manifests of the same size.
constexpr char kOld[] = R"({"nodes": {"model.a": {"name": "old"}}})";
constexpr char kNew[] = R"({"nodes": {"model.a": {"name": "new"}}})";

std::string JsonOf(const FilePtr& file) { return testing::JsonOf(file->document()); }
uint64_t Generation(const FilePtr& file) { return file->document().header().generation; }

std::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// --- ConvertJson ---

TEST(ConvertJsonTest, MakesAFileThatIsIntact) {
  const FileImage image = testing::Convert(testing::SampleManifest());
  const Document document = testing::Open(image);
  EXPECT_NO_THROW(Verify(document));
  EXPECT_EQ(testing::JsonOf(document), testing::SampleManifest());
  EXPECT_EQ(document.header().kind, DocumentKind::kArtifact);
  EXPECT_EQ(document.row_count(), 4U);
}

TEST(ConvertJsonTest, CountsTheValues) {
  const FileImage image = testing::Convert(R"({"nodes": {"a": {"tags": [1, 2]}}})");
  EXPECT_EQ(testing::Open(image).header().value_count, 6U);
}

TEST(ConvertJsonTest, RefusesWhatIsNoManifest) {
  for (const char* json : {"{}", R"({"nodes": []})", R"({"nodes": null})",
                           R"({"a": {"nodes": {}}})", R"({"a": "nodes"})"}) {
    EXPECT_EQ(MessageOf<ConvertError>([&] { testing::Convert(json); }),
              "sample.fman: byte 0: not a dbt manifest: the document has no object \"nodes\"");
  }
}

TEST(DefaultOutputTest, StandsBesideTheInput) {
  const std::vector<std::pair<std::string, std::string>> outputs = {
      {"manifest.json", "manifest.fman"},
      {"manifest.json.gz", "manifest.fman"},
      {"target/manifest.json", "target/manifest.fman"},
      {"a.json/manifest", "a.json/manifest.fman"},
      {"manifest", "manifest.fman"},
      {"manifest.gz", "manifest.fman"},
      {"manifest.v2.json", "manifest.v2.fman"},
      {"manifest.json.json", "manifest.json.fman"},
  };
  for (const auto& [input, output] : outputs) EXPECT_EQ(DefaultOutput(input), output);
}

// --- ConvertFile ---

TEST(ConvertFileTest, PublishesWithTheInputsStamp) {
  const ScratchDirectory directory;
  WriteFile(directory / "in.json", kOld);
  ConvertFile(directory / "in.json", directory / "out.fman");
  const auto file = ManifestFile::Open(directory / "out.fman");
  EXPECT_NO_THROW(Verify(file->document()));
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(Generation(file), 1U);
  ASSERT_TRUE(file->document().source());
  EXPECT_EQ(CheckFreshness(directory / "in.json", *file->document().source()),
            Freshness::kSameContent);
  EXPECT_EQ(directory.Names(), (Names{"in.json", "out.fman"}));
}

TEST(ConvertFileTest, EachConversionIsANewGeneration) {
  const ScratchDirectory directory;
  WriteFile(directory / "in.json", kOld);
  for (uint64_t generation = 1; generation <= 3; ++generation) {
    ConvertFile(directory / "in.json", directory / "out.fman");
    EXPECT_EQ(Generation(ManifestFile::Open(directory / "out.fman")), generation);
  }
}

TEST(ConvertFileTest, ReadsGzip) {
  const ScratchDirectory directory;
  WriteFile(directory / "in.json.gz", testing::Gzip(kOld));
  ConvertFile(directory / "in.json.gz", directory / "out.fman");
  EXPECT_EQ(JsonOf(ManifestFile::Open(directory / "out.fman")), kOld);
}

TEST(ConvertFileTest, BadInputLeavesTheOutput) {
  const ScratchDirectory directory;
  const std::string input = directory / "in.json";
  WriteFile(input, R"({"nodes": {})");
  WriteFile(directory / "out.fman", "as it was");
  EXPECT_EQ(MessageOf<ConvertError>([&] { ConvertFile(input, directory / "out.fman"); }),
            input + ": byte 12: the JSON ends within an array or object (truncated)");
  EXPECT_EQ(ReadFile(directory / "out.fman"), "as it was");
  EXPECT_THROW(ConvertFile(directory / "missing", directory / "out.fman"), IoError);
  EXPECT_EQ(ReadFile(directory / "out.fman"), "as it was");
  EXPECT_EQ(directory.Names(), (Names{"in.json", "out.fman"}));
}

TEST(ConvertFileTest, NoRoomLeavesTheOutput) {
  const ScratchDirectory directory;
  WriteFile(directory / "in.json", kOld);
  WriteFile(directory / "out.fman", "as it was");
  {
    const FileSizeLimit limit(100);
    EXPECT_THROW(ConvertFile(directory / "in.json", directory / "out.fman"), IoError);
  }
  EXPECT_EQ(ReadFile(directory / "out.fman"), "as it was");
  EXPECT_EQ(directory.Names(), (Names{"in.json", "out.fman"}));
}

// --- OpenManifest ---

class OpenManifestTest : public ::testing::Test {
 protected:
  OpenManifestTest() { WriteFile(json_, kOld); }

  FilePtr Open() const { return OpenManifest(json_); }
  FilePtr OpenNeighbour() const { return ManifestFile::Open(neighbour_); }

  // Gives the neighbour another stamp.
  void Restamp(const SourceStamp& stamp) const {
    const FilePtr file = OpenNeighbour();
    Publish(neighbour_, CopyWithStamp(file->document(), stamp, Generation(file)));
  }
  // Makes the JSON look untouched for long at the time of conversion.
  void Settle() const {
    SourceStamp stamp = *OpenNeighbour()->document().source();
    stamp.taken_ns += 10 * kSecond;
    Restamp(stamp);
  }
  // Changes a string of the neighbour in a way that opening does not notice.
  void DamageNeighbour() const {
    std::string bytes = ReadFile(neighbour_);
    const size_t at = bytes.find("old");
    ASSERT_NE(at, std::string::npos);
    bytes[at] = 'O';
    WriteFile(neighbour_, bytes);
  }

  const ScratchDirectory directory_;
  const std::string json_ = directory_ / "manifest.json";
  const std::string neighbour_ = directory_ / "manifest.fman";
};

TEST_F(OpenManifestTest, ConvertsIntoTheNeighbour) {
  const FilePtr file = Open();
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(file->document().name(), neighbour_);
  EXPECT_EQ(Generation(file), 1U);
  EXPECT_EQ(directory_.Names(), (Names{"manifest.fman", "manifest.json"}));
}

TEST_F(OpenManifestTest, OpensAnFmanFileAsItIs) {
  ConvertFile(json_, directory_ / "other.fman");
  EXPECT_EQ(JsonOf(OpenManifest(directory_ / "other.fman")), kOld);
  EXPECT_EQ(directory_.Names(), (Names{"manifest.json", "other.fman"}));
  // The content decides if the name does not tell.
  std::filesystem::rename(directory_ / "other.fman", directory_ / "other");
  EXPECT_EQ(JsonOf(OpenManifest(directory_ / "other")), kOld);
}

TEST_F(OpenManifestTest, RecognizesJsonByContent) {
  WriteFile(directory_ / "plain", "\n  " + std::string(kOld));
  WriteFile(directory_ / "packed", testing::Gzip(kOld));
  EXPECT_EQ(JsonOf(OpenManifest(directory_ / "plain")), kOld);
  EXPECT_EQ(JsonOf(OpenManifest(directory_ / "packed")), kOld);
  EXPECT_EQ(directory_.Names(),
            (Names{"manifest.json", "packed", "packed.fman", "plain", "plain.fman"}));
}

TEST_F(OpenManifestTest, UsesASettledNeighbourWithoutReadingTheJson) {
  Open();
  // If the JSON were read, it would be found to differ.
  SourceStamp stamp = *OpenNeighbour()->document().source();
  stamp.digest_low ^= 1;
  Restamp(stamp);
  Settle();
  const std::string before = ReadFile(neighbour_);
  const FilePtr file = Open();
  EXPECT_EQ(Generation(file), 1U);
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(ReadFile(neighbour_), before);
}

TEST_F(OpenManifestTest, UsesANeighbourOfTheSameContent) {
  Open();
  const std::string before = ReadFile(neighbour_);
  EXPECT_EQ(Generation(Open()), 1U);
  EXPECT_EQ(ReadFile(neighbour_), before) << "a stamp of this moment would be no better";
}

TEST_F(OpenManifestTest, RenewsTheStampOnceTheClockHasMovedOn) {
  Open();
  std::this_thread::sleep_for(std::chrono::milliseconds(2'100));
  EXPECT_EQ(JsonOf(Open()), kOld);
  const FilePtr renewed = OpenNeighbour();
  EXPECT_NO_THROW(Verify(renewed->document()));
  EXPECT_EQ(Generation(renewed), 2U);
  EXPECT_EQ(CheckFreshness(json_, *renewed->document().source()), Freshness::kUnchanged);
  EXPECT_EQ(Generation(Open()), 2U);
}

TEST_F(OpenManifestTest, ConvertsAgainWhatWasChanged) {
  Open();
  Settle();
  WriteFile(json_, std::string(kNew) + "\n");
  const FilePtr file = Open();
  EXPECT_EQ(JsonOf(file), kNew);
  EXPECT_EQ(Generation(file), 2U);
}

TEST_F(OpenManifestTest, ConvertsAgainWhatWasReplaced) {
  Open();
  Settle();
  WriteFile(directory_ / "new.json", kNew);
  std::filesystem::rename(directory_ / "new.json", json_);
  EXPECT_EQ(JsonOf(Open()), kNew);
}

TEST_F(OpenManifestTest, ConvertsAgainWhatWasChangedWithinATick) {
  Open();
  const SourceStamp old = *OpenNeighbour()->document().source();
  WriteFile(json_, kNew);
  SourceStamp stamp = *ReadInput(json_).stamp;
  stamp.digest_low = old.digest_low;
  stamp.digest_high = old.digest_high;
  Restamp(stamp);
  EXPECT_EQ(JsonOf(Open()), kNew);
}

TEST_F(OpenManifestTest, ReplacesANeighbourThatCannotBeRead) {
  Open();
  Settle();
  const std::string intact = ReadFile(neighbour_);
  PatchedFile version(testing::Convert(kOld));
  version.header().mutate_format_version(kFormatVersion + 1);
  for (const std::string& damaged :
       {std::string(), std::string("no manifest"), intact.substr(0, intact.size() / 2),
        std::string(intact.size(), '\0'), std::string(Text(version.bytes()))}) {
    WriteFile(neighbour_, damaged);
    const FilePtr file = Open();
    EXPECT_EQ(JsonOf(file), kOld);
    EXPECT_EQ(file->document().name(), neighbour_);
    EXPECT_NO_THROW(Verify(OpenNeighbour()->document()));
  }
}

TEST_F(OpenManifestTest, ReplacesANeighbourThatDoesNotSayWhereItIsFrom) {
  WriteFile(neighbour_, Text(testing::Convert(kNew, {.generation = 5}).bytes()));
  const FilePtr file = Open();
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(Generation(file), 6U);
}

TEST_F(OpenManifestTest, DoesNotVouchForADamagedNeighbour) {
  Open();
  DamageNeighbour();
  EXPECT_EQ(JsonOf(Open()), kOld);
  EXPECT_NO_THROW(Verify(OpenNeighbour()->document()));
}

TEST_F(OpenManifestTest, UnwritableDirectory) {
  std::filesystem::permissions(json_, std::filesystem::perms{0644});
  const Unwritable unwritable(directory_ / ".");
  if (!unwritable.ok()) GTEST_SKIP() << "root cannot become nobody here";
  const FilePtr file = Open();
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(file->document().name(), json_) << "in memory, so it has the JSON's name";
  EXPECT_NO_THROW(Verify(file->document()));
  EXPECT_EQ(directory_.Names(), Names{"manifest.json"});
}

TEST_F(OpenManifestTest, ADirectoryInTheNeighboursPlace) {
  std::filesystem::create_directory(neighbour_);
  const FilePtr file = Open();
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(file->document().name(), json_);
  EXPECT_EQ(directory_.Names(), (Names{"manifest.fman", "manifest.json"}));
}

TEST_F(OpenManifestTest, ADeviceInTheNeighboursPlace) {
  std::filesystem::create_symlink("/dev/null", neighbour_);
  const FilePtr file = Open();
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(file->document().name(), json_);
}

TEST_F(OpenManifestTest, NoRoomForTheNeighbour) {
  const FileSizeLimit limit(100);
  const FilePtr file = Open();
  EXPECT_EQ(JsonOf(file), kOld);
  EXPECT_EQ(file->document().name(), json_);
  EXPECT_EQ(directory_.Names(), Names{"manifest.json"});
}

TEST_F(OpenManifestTest, NoRoomToRenewTheNeighbour) {
  Open();
  WriteFile(json_, kNew);
  const FileSizeLimit limit(100);
  EXPECT_EQ(JsonOf(Open()), kNew);
  EXPECT_EQ(JsonOf(OpenNeighbour()), kOld);
}

TEST_F(OpenManifestTest, BadJsonLeavesTheNeighbour) {
  Open();
  WriteFile(json_, "{");
  EXPECT_EQ(MessageOf<ConvertError>([&] { Open(); }),
            json_ + ": byte 1: the JSON ends within an array or object (truncated)");
  EXPECT_EQ(JsonOf(OpenNeighbour()), kOld);
}

TEST_F(OpenManifestTest, JsonThatIsGone) {
  Open();
  std::filesystem::remove(json_);
  EXPECT_EQ(MessageOf<IoError>([&] { Open(); }),
            "cannot open " + json_ + ": No such file or directory");
  EXPECT_EQ(JsonOf(OpenManifest(neighbour_)), kOld);
}

TEST_F(OpenManifestTest, SeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> results(4);
  threads.reserve(results.size());
  for (std::string& result : results) {
    threads.emplace_back([&] { result = JsonOf(Open()); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, kOld);
  EXPECT_EQ(directory_.Names(), (Names{"manifest.fman", "manifest.json"}));
}

}  // namespace
}  // namespace flatmanifest
