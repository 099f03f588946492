#include "format/error.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace flatmanifest {
namespace {

TEST(ErrorTest, IoErrorSaysWhatItWasDoingWhereAndWhy) {
  const IoError error("cannot write", "target/manifest.fman", ENOSPC);
  EXPECT_EQ(std::string(error.what()),
            "cannot write target/manifest.fman: No space left on device");
  EXPECT_EQ(error.path(), "target/manifest.fman");
  EXPECT_EQ(error.error_number(), ENOSPC);
}

}  // namespace
}  // namespace flatmanifest
