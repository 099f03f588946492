// The states of the disk that a power failure at any moment of publishing can leave.

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "format/error.h"
#include "format/verify.h"
#include "store/manifest_file.h"
#include "store/publish.h"
#include "testing/disk_model.h"
#include "testing/sample_manifest.h"
#include "testing/scratch_directory.h"
#include "testing/traced_process.h"

namespace flatmanifest {
namespace {

using testing::DiskModel;
using testing::DiskState;
using testing::ScratchDirectory;

constexpr char kName[] = "manifest.fman";

// More than one page, so that a part of it can be missing.
FileImage Image(int number) {
  return testing::Convert(R"({"nodes": {}, "number": )" + std::to_string(number) +
                          R"(, "text": ")" + std::string(20'000, 'x') + R"("})");
}

uint64_t PublishNumber(const std::string& path, int number, Flush flush) {
  FileImage image = Image(number);
  return PublishNext(path, image.writable_bytes(), flush).generation;
}

// The contents of a directory after a power failure.
struct Outcome {
  bool is_there = false;
  bool is_intact = false;
  uint64_t generation = 0;
};

class PowerFailureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::CanTrace()) GTEST_SKIP() << "processes cannot be traced here";
  }

  DiskState Content() const {
    DiskState state;
    for (const std::string& name : directory_.Names()) {
      state[name] = testing::ReadFile(directory_ / name);
    }
    return state;
  }

  std::string path() const { return directory_ / kName; }

  using Judge = std::function<testing::Verdict(const testing::Stop&)>;

  static testing::Verdict GoOn(const testing::Stop& /*stop*/) { return {}; }

  // The operations on the disk of publishing the numbers after `first` up to `last`.
  DiskModel Record(int first, int last, Flush flush, const Judge& judge = GoOn) const {
    DiskModel model(std::filesystem::path(path()).parent_path().string(), Content());
    const auto ending = testing::RunTraced(
        [&] {
          for (int number = first; number <= last; ++number) PublishNumber(path(), number, flush);
        },
        [&](const testing::Stop& stop) {
          model.Watch(stop);
          return judge(stop);
        });
    EXPECT_EQ(ending.status, 0);
    return model;
  }

  // Starts from that disk, looks at the file, and publishes another.
  static Outcome Boot(const DiskState& state) {
    const ScratchDirectory directory;
    for (const auto& [name, content] : state) testing::WriteFile(directory / name, content);
    const std::string path = directory / kName;
    Outcome outcome{.is_there = state.contains(kName)};
    if (outcome.is_there) {
      try {
        const auto file = ManifestFile::Open(path);
        Verify(file->document());
        outcome.is_intact = true;
        outcome.generation = file->document().header().generation;
        const std::string json = testing::JsonOf(file->document());
        EXPECT_NE(json.find("\"number\": " + std::to_string(outcome.generation) + ","),
                  std::string::npos);
      } catch (const FormatError&) {
        outcome.is_intact = false;
      }
    }
    PublishNumber(path, 0, Flush::kNone);
    EXPECT_EQ(directory.Names(), std::set<std::string>{kName});
    return outcome;
  }

  const ScratchDirectory directory_;
};

TEST_F(PowerFailureTest, LeavesTheOldGenerationOrTheNewOneWhole) {
  PublishNumber(path(), 1, Flush::kToDisk);
  const DiskModel model = Record(2, 4, Flush::kToDisk);
  EXPECT_EQ(model.operation_count(),
            size_t{15});  // create, write, flush, rename, flush, three times
  std::map<uint64_t, int> seen;
  model.ForEachState([&](const DiskState& state) {
    const Outcome outcome = Boot(state);
    EXPECT_TRUE(outcome.is_there);
    EXPECT_TRUE(outcome.is_intact);
    ++seen[outcome.generation];
  });
  for (uint64_t generation = 1; generation <= 4; ++generation) EXPECT_GT(seen[generation], 0);
  EXPECT_EQ(seen.size(), size_t{4});
}

TEST_F(PowerFailureTest, LeavesNothingOrTheFirstGenerationWhole) {
  const DiskModel model = Record(1, 1, Flush::kToDisk);
  int nothing = 0;
  int whole = 0;
  model.ForEachState([&](const DiskState& state) {
    const Outcome outcome = Boot(state);
    EXPECT_EQ(outcome.is_there, outcome.is_intact);
    ++(outcome.is_there ? whole : nothing);
  });
  EXPECT_GT(nothing, 0);
  EXPECT_GT(whole, 0);
}

TEST_F(PowerFailureTest, APublishThatHasReturnedStays) {
  PublishNumber(path(), 1, Flush::kToDisk);
  const DiskModel model = Record(2, 2, Flush::kToDisk);
  DiskState last;
  model.ForEachState([&](const DiskState& state) { last = state; });
  // After the last operation everything is durable, so there is one state.
  EXPECT_EQ(last, Content());
  EXPECT_EQ(Boot(last).generation, 2U);
}

// The case of the warning: the new file is in place, and a power failure may undo that as a whole.
TEST_F(PowerFailureTest, AFlushOfTheDirectoryThatFailsLeavesTheOldGenerationOrTheNewOne) {
  if (testing::kHasSanitizer) GTEST_SKIP() << "the sanitizer makes system calls of its own";
  PublishNumber(path(), 1, Flush::kToDisk);
  int flushes = 0;
  const DiskModel model = Record(2, 2, Flush::kToDisk, [&](const testing::Stop& stop) {
    const bool is_flush = stop.is_before && stop.number == SYS_fsync;
    return is_flush && ++flushes == 2 ? testing::Verdict::Fail(EIO) : testing::Verdict{};
  });
  EXPECT_EQ(flushes, 2);
  EXPECT_EQ(ManifestFile::Open(path())->document().header().generation, 2U);
  std::set<uint64_t> seen;
  model.ForEachState([&](const DiskState& state) {
    const Outcome outcome = Boot(state);
    EXPECT_TRUE(outcome.is_intact);
    seen.insert(outcome.generation);
  });
  EXPECT_EQ(seen, (std::set<uint64_t>{1, 2}));
}

// The model finds the losses of publishing without a flush, and readers detect them.
TEST_F(PowerFailureTest, WithoutAFlushDamageIsFound) {
  PublishNumber(path(), 1, Flush::kToDisk);
  const DiskModel model = Record(2, 2, Flush::kNone);
  int damaged = 0;
  int intact = 0;
  model.ForEachState([&](const DiskState& state) {
    const Outcome outcome = Boot(state);
    EXPECT_TRUE(outcome.is_there);
    ++(outcome.is_intact ? intact : damaged);
  });
  EXPECT_GT(damaged, 0);
  EXPECT_GT(intact, 0);
}

}  // namespace
}  // namespace flatmanifest
