#include "front/blanks.h"

#include <gtest/gtest.h>

namespace flatmanifest::front {
namespace {

TEST(Blanks, FillsBlanksThatAreSet) {
  Blanks blanks;
  blanks.Set(Blank::kTime, "12:00:00");
  blanks.Set(Blank::kElapsed, "0.01");
  EXPECT_EQ(blanks.Filled("\x01  after \x06 s\n\x01"), "12:00:00  after 0.01 s\n12:00:00");
  EXPECT_EQ(blanks.Filled("\x1b[0m as it is \x13"), "\x1b[0m as it is \x13");
  EXPECT_EQ(blanks.Filled(""), "");
}

TEST(Blanks, TakesTheLastValue) {
  Blanks blanks;
  blanks.Set(Blank::kCommand, "'dbt ls'");
  blanks.Set(Blank::kCommand, "");
  EXPECT_EQ(blanks.Filled("[\x04]"), "[]");
}

}  // namespace
}  // namespace flatmanifest::front
