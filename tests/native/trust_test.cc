#include "store/trust.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>

#include "format/error.h"
#include "store/publish.h"
#include "testing/message_of.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

namespace fs = std::filesystem;

using testing::MessageOf;
using testing::ReadFile;
using testing::ScratchDirectory;
using testing::WriteFile;

constexpr uid_t kSomebody = 12345;
constexpr gid_t kSomeGroup = 23456;

// Sets FLATMANIFEST_TRUST for as long as it lives.
class Trusting {
 public:
  explicit Trusting(const std::string& value) {
    ::setenv("FLATMANIFEST_TRUST", value.c_str(), /*overwrite=*/1);
  }
  ~Trusting() { ::unsetenv("FLATMANIFEST_TRUST"); }
  Trusting(const Trusting&) = delete;
  Trusting& operator=(const Trusting&) = delete;
};

class TrustTest : public ::testing::Test {
 protected:
  TrustTest() : cache_(scratch_ / "cache"), file_(cache_ + "/a.fman") {
    fs::create_directory(cache_);
    Chmod(cache_, 0755);
    WriteFile(file_, "text");
    Chmod(file_, 0644);
  }

  static void Chmod(const std::string& path, mode_t mode) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  // Only root can give files away.
  static bool GiveAway(const std::string& path, uid_t user, gid_t group) {
    return ::lchown(path.c_str(), user, group) == 0;
  }
  static bool IsRefused(const std::string& path) {
    try {
      RequireTrustedFile(path);
      return false;
    } catch (const FormatError&) {
      return true;
    }
  }

  const ScratchDirectory scratch_;
  const std::string cache_;
  const std::string file_;
};

TEST_F(TrustTest, OwnFilesAreTrusted) {
  EXPECT_NO_THROW(RequireTrustedDirectory(cache_));
  EXPECT_NO_THROW(RequireTrustedFile(file_));
}

TEST_F(TrustTest, NothingIsThereYet) {
  EXPECT_NO_THROW(RequireTrustedDirectory(scratch_ / "none"));
  EXPECT_THROW(RequireTrustedFile(cache_ + "/none.fman"), IoError);
  EXPECT_THROW(RequireTrustedFile(scratch_ / "none/none.fman"), IoError);
}

TEST_F(TrustTest, FilesThatEverybodyMayWriteToAreRefused) {
  Chmod(file_, 0646);
  const std::string message = MessageOf<FormatError>([&] { RequireTrustedFile(file_); });
  EXPECT_NE(message.find(file_ + ": everybody may write to it (mode 0646)"), std::string::npos);
  EXPECT_NE(message.find("chmod go-w"), std::string::npos);
  Chmod(cache_, 0700);
  EXPECT_TRUE(IsRefused(file_));
}

TEST_F(TrustTest, DirectoriesThatEverybodyMayWriteToAreRefused) {
  for (const mode_t mode : {0777, 0757, 01777}) {
    Chmod(cache_, mode);
    EXPECT_THROW(RequireTrustedDirectory(cache_), FormatError);
    EXPECT_TRUE(IsRefused(file_));
  }
}

TEST_F(TrustTest, FilesOfSomebodyElseAreRefused) {
  if (!GiveAway(file_, kSomebody, kSomeGroup)) GTEST_SKIP() << "not root";
  const std::string message = MessageOf<FormatError>([&] { RequireTrustedFile(file_); });
  EXPECT_NE(message.find(file_ + ": belongs to user 12345"), std::string::npos);
  EXPECT_NE(message.find("FLATMANIFEST_TRUST=12345"), std::string::npos);
}

TEST_F(TrustTest, DirectoriesOfSomebodyElseAreRefused) {
  if (!GiveAway(cache_, kSomebody, kSomeGroup)) GTEST_SKIP() << "not root";
  EXPECT_THROW(RequireTrustedDirectory(cache_), FormatError);
  EXPECT_TRUE(IsRefused(file_));
}

TEST_F(TrustTest, AGroupMayWriteOnlyWhereItIsTheUsersOwn) {
  if (!GiveAway(file_, ::geteuid(), kSomeGroup)) GTEST_SKIP() << "not root";
  Chmod(file_, 0664);
  EXPECT_TRUE(IsRefused(file_));
  Chmod(cache_, 0700);  // where the group does not get
  EXPECT_FALSE(IsRefused(file_));
  Chmod(cache_, 0755);
  ASSERT_TRUE(GiveAway(file_, ::geteuid(), ::geteuid()));
  EXPECT_FALSE(IsRefused(file_));
  ASSERT_TRUE(GiveAway(cache_, ::geteuid(), kSomeGroup));
  Chmod(cache_, 0775);
  EXPECT_TRUE(IsRefused(file_));
}

TEST_F(TrustTest, MoreUsersCanBeTrusted) {
  if (!GiveAway(file_, kSomebody, kSomeGroup)) GTEST_SKIP() << "not root";
  for (const char* value : {"12345", "1,12345", "12345,1", "all"}) {
    const Trusting trusting(value);
    EXPECT_FALSE(IsRefused(file_)) << value;
  }
  for (const char* value : {"", "1234", "123456", "1,2", "ALL", ",", "12345 "}) {
    const Trusting trusting(value);
    EXPECT_TRUE(IsRefused(file_)) << value;
  }
  Chmod(file_, 0666);
  EXPECT_TRUE((Trusting("12345"), IsRefused(file_)));
}

TEST_F(TrustTest, EverybodyCanBeTrusted) {
  Chmod(cache_, 0777);
  Chmod(file_, 0666);
  const Trusting trusting("all");
  EXPECT_NO_THROW(RequireTrustedDirectory(cache_));
  EXPECT_FALSE(IsRefused(file_));
}

TEST_F(TrustTest, OnlyFilesAreFiles) {
  fs::create_symlink(file_, cache_ + "/link.fman");
  ASSERT_EQ(::mkfifo((cache_ + "/pipe.fman").c_str(), 0600), 0);
  fs::create_directory(cache_ + "/directory.fman");
  EXPECT_TRUE(IsRefused(cache_ + "/link.fman"));
  EXPECT_TRUE(IsRefused(cache_ + "/pipe.fman"));
  EXPECT_THROW(RequireTrustedFile(cache_ + "/directory.fman"), IoError);
  EXPECT_THROW(RequireTrustedDirectory(file_), IoError);
}

TEST_F(TrustTest, ADirectoryMayBeALinkOfTheUsersOwn) {
  const std::string link = scratch_ / "link";
  fs::create_directory_symlink(cache_, link);
  EXPECT_NO_THROW(RequireTrustedDirectory(link));
  EXPECT_NO_THROW(RequireTrustedFile(link + "/a.fman"));
  if (!GiveAway(link, kSomebody, kSomeGroup)) GTEST_SKIP() << "not root";
  EXPECT_THROW(RequireTrustedDirectory(link), FormatError);
  EXPECT_TRUE(IsRefused(link + "/a.fman"));
}

TEST_F(TrustTest, PreparingRemovesWhatWouldBeWrittenThrough) {
  const std::string outside = scratch_ / "outside";
  WriteFile(outside, "kept");
  fs::create_symlink(outside, cache_ + "/link.fman");
  ASSERT_EQ(::mkfifo((cache_ + "/pipe.fman").c_str(), 0600), 0);
  fs::create_directory(cache_ + "/directory.fman");
  for (const char* name : {"/a.fman", "/link.fman", "/pipe.fman", "/directory.fman", "/none"}) {
    PrepareTrustedFile(cache_ + name);
  }
  EXPECT_EQ(ReadFile(outside), "kept");
  EXPECT_EQ(ReadFile(file_), "text");
  EXPECT_FALSE(fs::exists(fs::symlink_status(cache_ + "/link.fman")));
  EXPECT_FALSE(fs::exists(cache_ + "/pipe.fman"));
  EXPECT_TRUE(fs::is_directory(cache_ + "/directory.fman"));
  Chmod(cache_, 0777);
  EXPECT_THROW(PrepareTrustedFile(file_), FormatError);
}

TEST_F(TrustTest, LinksThatWaitUnderTemporaryNamesAreNotFollowed) {
  const std::string outside = scratch_ / "outside";
  WriteFile(outside, "kept");
  const std::string beginning = cache_ + "/.a.fman.";
  fs::create_symlink(outside, beginning + "tmp");
  for (int number = 0; number < 10; ++number) {
    fs::create_symlink(
        outside, beginning + std::to_string(::getpid()) + "." + std::to_string(number) + ".tmp");
  }
  const std::string text = "new";
  try {
    Publish(file_, std::as_bytes(std::span(text)));
    EXPECT_EQ(ReadFile(file_), "new");
  } catch (const IoError&) {
    EXPECT_EQ(ReadFile(file_), "text");
  }
  EXPECT_EQ(ReadFile(outside), "kept");
}

TEST_F(TrustTest, FilesAreTrustedLikeTheirSource) {
  const std::string source = cache_ + "/manifest.json";
  WriteFile(source, "{}");
  Chmod(source, 0644);
  EXPECT_TRUE(IsAsTrusted(file_, source));
  EXPECT_FALSE(IsAsTrusted(cache_ + "/none", source));
  Chmod(file_, 0666);
  EXPECT_FALSE(IsAsTrusted(file_, source));
  Chmod(source, 0666);
  EXPECT_TRUE(IsAsTrusted(file_, source));
  Chmod(file_, 0644);
  if (!GiveAway(file_, kSomebody, kSomeGroup)) GTEST_SKIP() << "not root";
  EXPECT_FALSE(IsAsTrusted(file_, source));
  ASSERT_TRUE(GiveAway(source, kSomebody, kSomeGroup));
  EXPECT_TRUE(IsAsTrusted(file_, source));
  Chmod(file_, 0664);
  EXPECT_TRUE(IsAsTrusted(file_, source));
  Chmod(source, 0644);
  EXPECT_FALSE(IsAsTrusted(file_, source));
}

}  // namespace
}  // namespace flatmanifest
