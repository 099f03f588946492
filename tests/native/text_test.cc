#include "format/text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace flatmanifest {
namespace {

TEST(TextTest, IsUtf8) {
  for (const std::string_view text : {"", "a", "ü€🚀", "\xED\x9F\xBF", "\xEE\x80\x80"}) {
    EXPECT_TRUE(IsText(text)) << text;
  }
}

TEST(TextTest, MayHoldEverySurrogate) {
  for (uint32_t unit = 0xD800; unit < 0xE000; ++unit) {
    std::string text = "ü";
    AppendSurrogate(text, static_cast<uint16_t>(unit));
    ASSERT_EQ(SurrogateAt(text, 2), unit);
    ASSERT_FALSE(SurrogateAt(text, 0));
    ASSERT_TRUE(IsText(text));
    ASSERT_TRUE(IsText(text + "€" + text));
    ASSERT_FALSE(IsText(text + "\xFF"));
    ASSERT_FALSE(IsText("\xC3" + text.substr(2)));
  }
}

TEST(TextTest, NothingElse) {
  for (const std::string_view text :
       {"\xFF", "\xE2\x82", "\xED", "\xED\xA0", "\xED\xA0x", "\xED\xA0\x80\xED\xA0", "\xC0\xAF",
        "ok\x80", "\xED\xA0\x80\x80", "\xF4\x90\x80\x80", "\xED\xED\xA0\x80"}) {
    EXPECT_FALSE(IsText(text)) << text;
  }
}

}  // namespace
}  // namespace flatmanifest
