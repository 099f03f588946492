// A publish that dies, or whose system call fails, at each of its system calls.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "format/error.h"
#include "format/verify.h"
#include "store/manifest_file.h"
#include "store/publish.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"
#include "testing/traced_process.h"

namespace flatmanifest {
namespace {

using testing::Ending;
using testing::RunTraced;
using testing::ScratchDirectory;
using testing::Stop;
using testing::Verdict;
using testing::WriteFile;

using Names = std::set<std::string>;

constexpr char kOld[] = R"({"nodes": {}, "is": "old"})";
constexpr char kNew[] = R"({"nodes": {}, "is": "new"})";
constexpr char kName[] = "manifest.fman";
constexpr char kStagedName[] = ".manifest.fman.tmp";
// The status of a child that was told that its file may not survive a power failure.
constexpr int kNotDurable = 200;

// Each machine has its own of these.
const std::set<long> kUnlinks = {
#ifdef SYS_unlink
    SYS_unlink,
#endif
    SYS_unlinkat,
};

// A directory, with or without a manifest, in which one is published.
class Scene {
 public:
  enum class Before : uint8_t { kNothing, kOldFile, kOldFileAndLeftover };

  explicit Scene(Before before) : before_(before), path_(directory_ / kName) {
    if (before == Before::kNothing) return;
    Publish(kOld);
    if (before == Before::kOldFileAndLeftover) WriteFile(directory_ / kStagedName, "half a fi");
  }

  Published Publish(const char* json) const {
    FileImage image = testing::Convert(json);
    return PublishNext(path_, image.writable_bytes());
  }

  // Runs in a child. Throws an exception that becomes the status kNotDurable.
  void PublishDurably(const char* json) const {
    const Durability durability = Publish(json).durability;
    if (!durability.is_certain()) throw IoError(durability.warning, path_, kNotDurable);
  }

  // The JSON of the current generation, which must be intact; nothing if there is no file.
  std::optional<std::string> Content() const {
    if (!std::filesystem::exists(path_)) return std::nullopt;
    const auto file = ManifestFile::Open(path_);
    Verify(file->document());
    const std::string json = testing::JsonOf(file->document());
    EXPECT_EQ(file->document().header().generation, GenerationOf(json));
    return json;
  }

  bool IsAsBefore() const {
    const auto content = Content();
    return before_ == Before::kNothing ? !content : content == kOld;
  }
  bool IsPublished() const { return Content() == kNew; }

  Names Left() const {
    Names names = directory_.Names();
    names.erase(kName);
    return names;
  }

  // The next publisher finds no obstacle and leaves nothing behind.
  void ExpectTheNextPublishToWork() const {
    const auto content = Content();
    const uint64_t generation = content ? GenerationOf(*content) : 0;
    EXPECT_EQ(Publish(R"({"nodes": {}, "is": "next"})").generation, generation + 1);
    EXPECT_EQ(testing::JsonOf(ManifestFile::Open(path_)->document()),
              R"({"nodes": {}, "is": "next"})");
    EXPECT_EQ(Left(), Names{});
  }

 private:
  uint64_t GenerationOf(const std::string& json) const {
    return json == kNew && before_ != Before::kNothing ? 2 : 1;
  }

  const Before before_;
  const ScratchDirectory directory_;
  const std::string path_;
};

class PublishFaultTest : public ::testing::TestWithParam<Scene::Before> {
 protected:
  void SetUp() override {
    if (!testing::CanTrace()) GTEST_SKIP() << "processes cannot be traced here";
  }

  // Publishes with a verdict for the system call of that index. `judged` is unchanged if there are
  // fewer calls; their number varies a little with the room in the heap.
  static Ending PublishWith(const Scene& scene, int index, bool is_before, Verdict verdict,
                            Stop& judged) {
    return RunTraced([&] { scene.PublishDurably(kNew); },
                     [&](const Stop& stop) {
                       if (stop.index != index || stop.is_before != is_before) return Verdict{};
                       judged = stop;
                       // The exit of the process cannot be undone.
                       return stop.number == SYS_exit_group ? Verdict{} : verdict;
                     });
  }
};

// Not with sanitizers: their runtimes do not survive a failure of their own system calls.
class PublishFailureTest : public PublishFaultTest {
 protected:
  void SetUp() override {
    PublishFaultTest::SetUp();
    if (testing::kHasSanitizer) GTEST_SKIP() << "the sanitizer makes system calls of its own";
  }
};

TEST_P(PublishFaultTest, KilledBeforeAndAfterEverySystemCall) {
  for (const bool is_before : {true, false}) {
    int published = 0;
    int index = 0;
    for (;; ++index) {
      SCOPED_TRACE("call " + std::to_string(index) + (is_before ? ", before" : ", after"));
      const Scene scene(GetParam());
      Stop judged{};
      if (!PublishWith(scene, index, is_before, Verdict::Kill(), judged).was_killed) break;
      EXPECT_TRUE(scene.IsAsBefore() || scene.IsPublished());
      published += scene.IsPublished() ? 1 : 0;
      const Names left = scene.Left();
      EXPECT_TRUE(left.empty() || left == Names{kStagedName});
      scene.ExpectTheNextPublishToWork();
    }
    EXPECT_GT(index, 12);
    EXPECT_GE(published, 2);
    EXPECT_LT(published, index - 8);
  }
}

TEST_P(PublishFailureTest, EverySystemCallFails) {
  for (const int error_number : {ENOSPC, EIO, EINTR, EMFILE}) {
    int failed = 0;
    for (int index = 0;; ++index) {
      const Scene scene(GetParam());
      Stop judged{};
      const Ending ending = PublishWith(scene, index, true, Verdict::Fail(error_number), judged);
      if (judged.number == SYS_exit_group || judged.index != index) break;
      SCOPED_TRACE("call " + std::to_string(index) + " (" + std::to_string(judged.number) +
                   ") fails with " + std::to_string(error_number) + ", status " +
                   std::to_string(ending.status));
      EXPECT_FALSE(ending.was_killed);
      // Only the flush of the directory comes after the rename.
      const bool is_not_durable = ending.status == kNotDurable;
      EXPECT_TRUE(!is_not_durable || judged.number == SYS_fsync);
      if (ending.status == 0 || is_not_durable) {
        EXPECT_TRUE(scene.IsPublished());
      } else {
        ++failed;
        EXPECT_TRUE(scene.IsAsBefore());
      }
      // A file that cannot be unlinked is left for the next writer.
      const bool is_unlink = kUnlinks.contains(judged.number);
      const bool was_there = GetParam() == Scene::Before::kOldFileAndLeftover;
      EXPECT_TRUE(scene.Left().empty() || (was_there && scene.IsAsBefore()) || is_unlink);
      scene.ExpectTheNextPublishToWork();
    }
    EXPECT_GT(failed, error_number == EINTR ? 2 : 5);
  }
}

TEST_P(PublishFailureTest, WritesAndFlushesThatFailAreTold) {
  for (const long number : {SYS_write, SYS_fsync}) {
    for (const int error_number : {ENOSPC, EIO, EDQUOT}) {
      for (int which = 1; which <= (number == SYS_write ? 1 : 2); ++which) {
        const Scene scene(GetParam());
        int seen = 0;
        const Ending ending =
            RunTraced([&] { scene.PublishDurably(kNew); },
                      [&](const Stop& stop) {
                        const bool is_it = stop.is_before && stop.number == number;
                        return is_it && ++seen == which ? Verdict::Fail(error_number) : Verdict{};
                      });
        // The second flush is that of the directory, after the file is in place.
        const bool is_in_place = which == 2;
        EXPECT_EQ(ending.status, is_in_place ? kNotDurable : error_number) << number;
        EXPECT_EQ(scene.IsPublished(), is_in_place);
        EXPECT_EQ(scene.Left(), Names{});
      }
    }
  }
}

TEST_P(PublishFailureTest, ADiskThatFillsUpHalfWay) {
  const Scene scene(GetParam());
  int writes = 0;
  const Ending ending =
      RunTraced([&] { scene.PublishDurably(kNew); },
                [&](const Stop& stop) {
                  if (!stop.is_before || stop.number != SYS_write) return Verdict{};
                  return ++writes == 1 ? Verdict::Shorten() : Verdict::Fail(ENOSPC);
                });
  EXPECT_EQ(writes, 2);
  EXPECT_EQ(ending.status, ENOSPC);
  EXPECT_TRUE(scene.IsAsBefore());
  EXPECT_EQ(scene.Left(), Names{});
  scene.ExpectTheNextPublishToWork();
}

TEST_P(PublishFailureTest, WritesThatTakeAPartAreGoneOnWith) {
  const Scene scene(GetParam());
  int writes = 0;
  const Ending ending = RunTraced([&] { scene.PublishDurably(kNew); },
                                  [&](const Stop& stop) {
                                    if (!stop.is_before || stop.number != SYS_write)
                                      return Verdict{};
                                    ++writes;
                                    return stop.arguments[2] > 1 ? Verdict::Shorten() : Verdict{};
                                  });
  EXPECT_GT(writes, 5);
  EXPECT_EQ(ending.status, 0);
  EXPECT_TRUE(scene.IsPublished());
}

std::string NameOf(const ::testing::TestParamInfo<Scene::Before>& scene) {
  switch (scene.param) {
    case Scene::Before::kNothing:
      return "Nothing";
    case Scene::Before::kOldFile:
      return "OldFile";
    default:
      return "OldFileAndLeftover";
  }
}

INSTANTIATE_TEST_SUITE_P(Over, PublishFaultTest,
                         ::testing::Values(Scene::Before::kNothing, Scene::Before::kOldFile,
                                           Scene::Before::kOldFileAndLeftover),
                         NameOf);

INSTANTIATE_TEST_SUITE_P(Over, PublishFailureTest,
                         ::testing::Values(Scene::Before::kNothing, Scene::Before::kOldFile,
                                           Scene::Before::kOldFileAndLeftover),
                         NameOf);

}  // namespace
}  // namespace flatmanifest
