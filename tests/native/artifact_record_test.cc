#include "front/artifact_record.h"

#include <gtest/gtest.h>

#include "convert/convert.h"
#include "format/error.h"
#include "front/cache_fields.h"
#include "store/publish.h"
#include "testing/scratch_directory.h"

namespace flatmanifest::front {
namespace {

using testing::ReadFile;
using testing::ScratchDirectory;
using testing::WriteFile;

class ArtifactRecordTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WriteFile(manifest_, "{\"metadata\": 1}");
    WriteFile(other_, "other");
    const Snapshot manifest = TakeSnapshotOfNew(manifest_);
    const Snapshot other = TakeSnapshotOfNew(other_);
    const std::string json = R"({"nodes": {}, "generation": 7, "files": {)" +
                             Entry(manifest_, manifest) + ", " + Entry(other_, other) + "}}";
    const FileImage image = ConvertJson(simdjson::padded_string(json), "record", {});
    Publish(path_, image.bytes());
  }

  static std::string Entry(const std::string& path, const Snapshot& snapshot) {
    return '"' + path + R"(": {"snapshot": [)" + std::to_string(snapshot.digest_low) + ", " +
           std::to_string(snapshot.digest_high) + ", 1, " + std::to_string(snapshot.taken_ns) +
           R"(, []], "metadata_end": 14, "stale": {}, "kind": "m"})";
  }
  static Output Of(const std::string& path, const std::string& kind = "'m'") {
    return {.path = path, .beginning = "", .facts = {{"stale", "{}"}, {"kind", kind}}};
  }

  ScratchDirectory directory_;
  std::string path_ = directory_ / "KEY.artifacts.fman";
  std::string manifest_ = directory_ / "manifest.json";
  std::string other_ = directory_ / "other";
};

TEST_F(ArtifactRecordTest, KnowsTheFilesThatShowTheEntry) {
  const ArtifactRecord record(path_);
  EXPECT_EQ(record.generation(), 7U);
  EXPECT_TRUE(record.Shows(Of(manifest_)));
  EXPECT_EQ(record.BeginningSize(Of(manifest_)), 14U);
  EXPECT_FALSE(record.Shows(Of(manifest_, "'n'")));
  EXPECT_FALSE(record.Shows(Of(directory_ / "unknown")));
  WriteFile(manifest_, "{\"metadata\": 2}");
  EXPECT_FALSE(record.Shows(Of(manifest_)));
  EXPECT_TRUE(record.Shows(Of(other_)));
}

TEST_F(ArtifactRecordTest, IsRenewedForWrittenFiles) {
  WriteFile(manifest_, "{\"metadata\": 2222}");
  const Renewed longer{.snapshot = TakeSnapshotOfNew(manifest_), .beginning_size = 17};
  ArtifactRecord(path_).Renew({{manifest_, longer}});
  const ArtifactRecord renewed(path_);
  EXPECT_EQ(renewed.generation(), 7U);
  EXPECT_TRUE(renewed.Shows(Of(manifest_)));
  EXPECT_TRUE(renewed.Shows(Of(other_)));
  EXPECT_EQ(renewed.BeginningSize(Of(manifest_)), 17U);
  EXPECT_EQ(renewed.BeginningSize(Of(other_)), 14U);
}

TEST_F(ArtifactRecordTest, RefusesDamage) {
  std::string bytes = ReadFile(path_);
  bytes[bytes.size() / 2] ^= 1;
  WriteFile(path_, bytes);
  EXPECT_THROW(ArtifactRecord{path_}, FormatError);
  WriteFile(path_, "");
  EXPECT_THROW(ArtifactRecord{path_}, FormatError);
  EXPECT_THROW(ArtifactRecord{directory_ / "none"}, IoError);
}

TEST_F(ArtifactRecordTest, RefusesFieldsOfOtherTypes) {
  const FileImage image = ConvertJson(
      simdjson::padded_string(std::string(R"({"nodes": {}, "generation": "x", "list": [1]})")),
      "record", {});
  Publish(path_, image.bytes());
  EXPECT_THROW(ArtifactRecord(path_).generation(), FormatError);
  const auto file = OpenChecked(path_);
  const Fields fields(file->document());
  EXPECT_THROW(fields.Integer("generation"), FormatError);
  EXPECT_THROW(fields.Text("list"), FormatError);
  EXPECT_THROW(fields.Texts("list"), FormatError);
  EXPECT_THROW(fields.SnapshotAt("list"), FormatError);
  EXPECT_THROW(fields.Objects("generation"), FormatError);
  EXPECT_THROW(fields.Value("none"), FormatError);
  EXPECT_FALSE(fields.Has("none"));
}

}  // namespace
}  // namespace flatmanifest::front
