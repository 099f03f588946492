#include "convert/text_buffer.h"

#include <gtest/gtest.h>

#include <string>

namespace flatmanifest {
namespace {

TEST(TextBufferTest, IsEmptyAtFirst) {
  const BulkText text;
  EXPECT_EQ(text.size(), 0U);
  EXPECT_EQ(text.text(), "");
}

TEST(TextBufferTest, AppendsTextAndCharacters) {
  BulkText text;
  text.Append("");
  text.Append("ab");
  text.Append('c');
  text.Append("");
  EXPECT_EQ(text.text(), "abc");
}

TEST(TextBufferTest, RepeatsWhatIsThere) {
  BulkText text;
  text.Append("abcd");
  text.Repeat(1, 2);
  text.Repeat(0, text.size());
  EXPECT_EQ(text.text(), "abcdbcabcdbc");
}

TEST(TextBufferTest, KeepsItsTextWhenItGrows) {
  BulkText text;
  std::string expected = "0123456789";
  text.Append(expected);
  // Every repetition of the whole text outgrows its memory.
  while (expected.size() < 10'000'000) {
    text.Repeat(0, text.size());
    expected += expected;
  }
  EXPECT_TRUE(text.text() == expected);
}

TEST(TextBufferTest, ReservingChangesNothingThatIsThere) {
  BulkText text;
  text.Reserve(100);
  text.Append("abc");
  const char* const place = text.text().data();
  text.Append(std::string(97, 'x'));
  EXPECT_EQ(text.text().data(), place) << "there was room";
  text.Reserve(1'000'000);
  text.Reserve(1);
  EXPECT_EQ(text.text(), "abc" + std::string(97, 'x'));
}

}  // namespace
}  // namespace flatmanifest
