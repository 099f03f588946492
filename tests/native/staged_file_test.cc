#include "store/staged_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "format/error.h"
#include "testing/scratch_directory.h"
#include "testing/traced_process.h"
#include "testing/unwritable.h"

namespace flatmanifest {
namespace {

using namespace std::chrono_literals;
using testing::ScratchDirectory;
using testing::WriteFile;

using Names = std::set<std::string>;

constexpr char kStagedName[] = ".a.tmp";

void WriteText(const StagedFile& staged, std::string_view text) {
  WriteAll(staged.fd(), text, staged.name());
}

TEST(StagedFileTest, IsRemovedUnlessItIsRenamed) {
  const ScratchDirectory directory;
  {
    const StagedFile staged(directory / "a");
    EXPECT_EQ(staged.name(), directory / kStagedName);
    EXPECT_EQ(directory.Names(), Names{kStagedName});
  }
  EXPECT_EQ(directory.Names(), Names{});
  {
    StagedFile staged(directory / "a");
    WriteText(staged, "text");
    staged.RenameIntoPlace();
  }
  EXPECT_EQ(directory.Names(), Names{"a"});
  EXPECT_EQ(testing::ReadFile(directory / "a"), "text");
}

TEST(StagedFileTest, ThereIsOneAtATime) {
  const ScratchDirectory directory;
  std::optional<StagedFile> first(directory / "a");
  std::atomic<bool> is_second = false;
  std::thread other([&] {
    const StagedFile second(directory / "a");
    is_second = true;
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(is_second);
  first.reset();
  other.join();
  EXPECT_TRUE(is_second);
  EXPECT_EQ(directory.Names(), Names{});
}

TEST(StagedFileTest, OthersBeginAfterTheRename) {
  const ScratchDirectory directory;
  StagedFile first(directory / "a");
  first.RenameIntoPlace();
  const StagedFile second(directory / "a", 0ms);
  EXPECT_EQ(directory.Names(), (Names{"a", kStagedName}));
}

TEST(StagedFileTest, OtherPathsDoNotWait) {
  const ScratchDirectory directory;
  const StagedFile first(directory / "a");
  const StagedFile second(directory / "b", 0ms);
  EXPECT_EQ(directory.Names(), (Names{kStagedName, ".b.tmp"}));
}

TEST(StagedFileTest, AWriterThatTakesTooLongIsNamed) {
  const ScratchDirectory directory;
  const StagedFile first(directory / "a");
  try {
    const StagedFile second(directory / "a", 20ms);
    FAIL() << "there are two writers";
  } catch (const IoError& error) {
    EXPECT_EQ(error.error_number(), ETIMEDOUT);
    EXPECT_EQ(error.path(), directory / "a");
    EXPECT_NE(error.message().find(directory / kStagedName), std::string::npos) << error.message();
#ifdef __linux__
    const std::string holder = "(process " + std::to_string(::getpid()) + ")";
    EXPECT_NE(error.message().find(holder), std::string::npos) << error.message();
#endif
  }
  EXPECT_EQ(directory.Names(), Names{kStagedName});
}

TEST(StagedFileTest, LivingWritersOfOtherProcessesAreLeftAlone) {
  const ScratchDirectory directory;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t writer = testing::RunForked([&] {
    const StagedFile staged(directory / "a");
    WriteText(staged, "half");
    const bool told = ::write(ready[1], "!", 1) == 1;
    if (told) ::pause();
  });
  char told = 0;
  ASSERT_EQ(::read(ready[0], &told, 1), 1);
  EXPECT_THROW(StagedFile(directory / "a", 50ms), IoError);
  EXPECT_EQ(testing::ReadFile(directory / kStagedName), "half");

  // A dead writer obstructs nobody.
  ASSERT_EQ(::kill(writer, SIGKILL), 0);
  EXPECT_TRUE(testing::WaitFor(writer).was_killed);
  EXPECT_EQ(directory.Names(), Names{kStagedName});
  {
    const StagedFile staged(directory / "a", 50ms);
    EXPECT_EQ(testing::ReadFile(directory / kStagedName), "");
  }
  EXPECT_EQ(directory.Names(), Names{});
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(StagedFileTest, OnlyAbandonedOnesAreRemoved) {
  const ScratchDirectory directory;
  {
    const StagedFile staged(directory / "a");
    StagedFile::RemoveAbandoned(staged.name());
    EXPECT_EQ(directory.Names(), Names{kStagedName});
  }
  StagedFile::RemoveAbandoned(directory / kStagedName);  // which is not there
  WriteFile(directory / kStagedName, "left");
  StagedFile::RemoveAbandoned(directory / kStagedName);
  EXPECT_EQ(directory.Names(), Names{});
}

TEST(StagedFileTest, AnotherFileOfItsNameIsNotRenamed) {
  const ScratchDirectory directory;
  {
    StagedFile staged(directory / "a");
    WriteText(staged, "text");
    std::filesystem::remove(staged.name());
    EXPECT_THROW(staged.RenameIntoPlace(), IoError);
    WriteFile(staged.name(), "another writer's");
    EXPECT_THROW(staged.RenameIntoPlace(), IoError);
  }
  EXPECT_EQ(directory.Names(), Names{kStagedName});
}

// --- what is in the way ---

TEST(StagedFileTest, LinksAreNotFollowed) {
  const ScratchDirectory directory;
  WriteFile(directory / "precious", "text");
  std::filesystem::create_symlink("precious", directory / kStagedName);
  { const StagedFile staged(directory / "a", 0ms); }
  EXPECT_EQ(testing::ReadFile(directory / "precious"), "text");

  std::filesystem::create_hard_link(directory / "precious", directory / kStagedName);
  {
    const StagedFile staged(directory / "a", 0ms);
    WriteText(staged, "other text");
  }
  EXPECT_EQ(testing::ReadFile(directory / "precious"), "text");
  EXPECT_EQ(directory.Names(), Names{"precious"});
}

TEST(StagedFileTest, PipesAreRemoved) {
  const ScratchDirectory directory;
  ASSERT_EQ(::mkfifo((directory / kStagedName).c_str(), 0600), 0);
  { const StagedFile staged(directory / "a", 0ms); }
  EXPECT_EQ(directory.Names(), Names{});
}

TEST(StagedFileTest, DirectoriesAreNamed) {
  const ScratchDirectory directory;
  std::filesystem::create_directory(directory / kStagedName);
  try {
    const StagedFile staged(directory / "a", 0ms);
    FAIL() << "removed a directory";
  } catch (const IoError& error) {
    EXPECT_EQ(error.error_number(), EISDIR);
    EXPECT_NE(error.message().find(directory / kStagedName), std::string::npos) << error.message();
  }
  EXPECT_EQ(directory.Names(), Names{kStagedName});
}

TEST(StagedFileTest, AnotherUsersLeftoverThatCannotBeRemovedIsNamed) {
  const ScratchDirectory directory;
  WriteFile(directory / kStagedName, "left");
  const testing::Unwritable unwritable(directory / ".");
  if (!unwritable.ok()) GTEST_SKIP() << "root cannot become nobody here";
  try {
    const StagedFile staged(directory / "a", 0ms);
    FAIL() << "wrote to a directory that cannot be written to";
  } catch (const IoError& error) {
    EXPECT_EQ(error.error_number(), EACCES);
    EXPECT_EQ(error.path(), directory / "a");
  }
}

// --- the lock ---

TEST(StagedFileTest, ForkedChildrenDoNotHoldUpTheNextWriter) {
  const ScratchDirectory directory;
  StagedFile first(directory / "a");
  const pid_t child = testing::RunForked([] { ::pause(); });  // shares the open file, and its lock
  first.RenameIntoPlace();
  EXPECT_NO_THROW(StagedFile(directory / "a", 0ms));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  testing::WaitFor(child);
}

TEST(StagedFileTest, FileSystemsWithoutLocksAreRefused) {
  if (!testing::CanTrace()) GTEST_SKIP() << "processes cannot be traced here";
  const ScratchDirectory directory;
  for (const int error_number : {ENOLCK, EOPNOTSUPP, ENOSYS}) {
    const auto ending = testing::RunTraced(
        [&] {
          try {
            const StagedFile staged(directory / "a");
          } catch (const IoError& error) {
            const bool says_why = error.message().find("cannot lock files") != std::string::npos;
            if (says_why) throw;
          }
        },
        [&](const testing::Stop& stop) {
          const bool is_lock = stop.is_before && stop.number == SYS_flock;
          return is_lock ? testing::Verdict::Fail(error_number) : testing::Verdict{};
        });
    EXPECT_EQ(ending.status, error_number);
    EXPECT_EQ(directory.Names(), Names{});
  }
}

}  // namespace
}  // namespace flatmanifest
