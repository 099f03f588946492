#include "freshness/kept_contents.h"

#include <gtest/gtest.h>

#include "format/error.h"
#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

using testing::ScratchDirectory;
using testing::WriteFile;

class KeptContentsTest : public ::testing::Test {
 protected:
  std::string Read(KeptContents* kept) const {
    std::string content;
    ReadContent(path_, kept, [&](std::string_view piece) { content += piece; });
    return content;
  }

  ScratchDirectory directory_;
  std::string path_ = directory_ / "a";
  KeptContents kept_;
};

TEST_F(KeptContentsTest, AreReadOnce) {
  for (const std::string& content : {std::string("one"), std::string()}) {
    WriteFile(path_, content);
    EXPECT_EQ(Read(&kept_), content);
    WriteFile(path_, "another");
    EXPECT_EQ(Read(&kept_), content);
    EXPECT_EQ(Read(nullptr), "another");
    kept_.Clear();
    EXPECT_EQ(Read(&kept_), "another");
    kept_.Clear();
  }
}

TEST_F(KeptContentsTest, AreOfSmallFiles) {
  const std::string large(300'000, 'x');
  WriteFile(path_, large);
  EXPECT_EQ(Read(&kept_), large);
  EXPECT_EQ(kept_.Find(path_), nullptr);
  EXPECT_EQ(Read(&kept_), large);
}

TEST_F(KeptContentsTest, TakeNoMoreThanTheirRoom) {
  for (int i = 0; i < 70; ++i) kept_.Keep(std::to_string(i), std::string(size_t{1} << 20, 'x'));
  EXPECT_NE(kept_.Find("0"), nullptr);
  EXPECT_EQ(kept_.Find("69"), nullptr);
}

TEST_F(KeptContentsTest, ReportAFileThatCannotBeRead) {
  EXPECT_THROW(Read(&kept_), IoError);
  EXPECT_THROW(Read(nullptr), IoError);
}

}  // namespace
}  // namespace flatmanifest
