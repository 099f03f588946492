#include "front/portable_dependencies.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "testing/scratch_directory.h"

namespace flatmanifest::front {
namespace {

namespace fs = std::filesystem;
using testing::ScratchDirectory;
using testing::WriteFile;

// Two checks of a command: of the command's dependencies, and of its entry's.
class PlaceCheckTest : public ::testing::Test {
 protected:
  PlaceCheckTest() {
    fs::create_directory(directory_ / "models");
    WriteFile(directory_ / "models/a.sql", "select 1");
    WriteFile(directory_ / "more", "1");
    roots_.Add(portable::kProject, directory_ / "");
  }

  // Dependencies as they were recorded when the files were as they are now.
  PortableDependencies Recorded(std::vector<FileDependency> marked) const {
    std::vector<FileDependency> bound = marked;
    for (FileDependency& file : bound) file.path = *roots_.Bound(file.path);
    PortableDependencies recorded{.files = marked,
                                  .content = PortableContentDigest(marked, bound),
                                  .variables = {},
                                  .salt = "salt",
                                  .environment = {}};
    recorded.environment = PortableDigestOf({}, {}, recorded.salt, roots_, DependentWork::kCommand);
    return recorded;
  }

  PlaceCheck Check() { return {roots_, {}, DependentWork::kCommand, contents_}; }

  ScratchDirectory directory_;
  portable::Roots roots_;
  SharedContents contents_;
};

const FileDependency kModels{"\x1aP/models", FileUse::kRead};
const FileDependency kMore{"\x1aP/more", FileUse::kRead};

TEST_F(PlaceCheckTest, ReadsAFileOnceForTwoChecks) {
  const auto one = Recorded({kModels});
  const auto other = Recorded({kModels, kMore});
  PlaceCheck check = Check();
  PlaceCheck second = Check();
  second.Expect(other);
  const auto bound = check.Bound(one);
  ASSERT_TRUE(bound);
  EXPECT_FALSE(ChangedFile(*bound));
  // The second check reads no file again that both depend on.
  WriteFile(directory_ / "models/a.sql", "select 2");
  const auto also = second.Bound(other);
  ASSERT_TRUE(also);
  // It holds for the state that was compared, and not for the new one.
  EXPECT_TRUE(ChangedFile(*also));
  EXPECT_TRUE(ChangedFile(*bound));
}

TEST_F(PlaceCheckTest, TakesNoSnapshotWithContentsThatWereCompared) {
  const auto one = Recorded({kModels});
  const auto other = Recorded({kModels, kMore});
  PlaceCheck check = Check();
  ASSERT_TRUE(check.Bound(one));
  WriteFile(directory_ / "models/a.sql", "select 2");
  PlaceCheck unexpected = Check();
  EXPECT_FALSE(unexpected.Bound(other));
  EXPECT_EQ(unexpected.difference(), kOtherContents);
}

TEST_F(PlaceCheckTest, CountsFilesOfThePlace) {
  const auto recorded = Recorded({kModels});
  PlaceCheck check = Check();
  const auto bound = check.Bound(recorded, {directory_ / "more"});
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->files.size(), 2U);
  EXPECT_FALSE(ChangedFile(*bound));
  WriteFile(directory_ / "more", "12");
  EXPECT_TRUE(ChangedFile(*bound));
}

TEST_F(PlaceCheckTest, SaysWhatDiffers) {
  auto recorded = Recorded({kModels});
  recorded.environment = "other";
  PlaceCheck check = Check();
  EXPECT_FALSE(check.Bound(recorded));
  EXPECT_EQ(check.difference(), "an environment variable has another value");
  const auto unknown = Recorded({kModels, {"\x1aP/a", FileUse::kProbed}});
  auto elsewhere = unknown;
  elsewhere.files[1].path = "\x1aW/a";
  EXPECT_FALSE(check.Bound(elsewhere));
  EXPECT_EQ(check.difference(), "it depends on a directory that is unknown here");
}

}  // namespace
}  // namespace flatmanifest::front
