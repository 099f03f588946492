#include "select/glob.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest {
namespace {

struct Case {
  std::string_view pattern;
  std::vector<std::string_view> matched;
  std::vector<std::string_view> refused;
};

// The results of CPython 3.11's fnmatch.fnmatchcase.
const Case kCases[] = {
    {"", {""}, {"a"}},
    {"abc", {"abc"}, {"ab", "abcd", "ABC"}},
    {"*", {"", "a", "a/b.c\n"}, {}},
    {"**", {"", "a"}, {}},
    {"a*c", {"ac", "abc", "a.b/c\nc"}, {"ab", "acb", "bac"}},
    {"*a*b", {"ab", "xaxb", "aab", "abab"}, {"ba", "a", "abx"}},
    {"?", {"a", "é", "\xF0\x9F\x98\x80", "\n"}, {"", "ab"}},
    {"a?c", {"abc", "aéc"}, {"ac", "abbc"}},
    {"[abc]", {"a", "b", "c"}, {"d", "", "ab"}},
    {"[!abc]", {"d", "é", "!"}, {"a", "b", ""}},
    {"[a-c]x", {"ax", "bx", "cx"}, {"dx", "-x", "a"}},
    {"[a-]", {"a", "-"}, {"b"}},
    {"[-a]", {"a", "-"}, {"b"}},
    {"[!-a]", {"b"}, {"a", "-"}},
    {"[a-c-e]", {"a", "b", "c", "-", "e"}, {"d"}},
    {"[]a]", {"]", "a"}, {"b", "[]a]"}},
    {"[!]a]", {"b", "["}, {"]", "a"}},
    {"[", {"["}, {""}},
    {"[a", {"[a"}, {"a"}},
    {"a[[b]", {"a[", "ab"}, {"a"}},
    {"[c-a]", {}, {"a", "b", "c", "-", ""}},
    {"[!c-a]", {"a", "b", "x"}, {"", "ab"}},
    {"[b-ax]", {"x"}, {"a", "b", "-"}},
    {"[a^]", {"a", "^"}, {"b"}},
    {"[^a]", {"a", "^"}, {"b"}},
    {"[\\]", {"\\"}, {"]"}},
    {"[a-z\\d]", {"d", "\\", "q"}, {"5"}},
    {"[&~|]", {"&", "~", "|"}, {"a"}},
    {"[à-ü]", {"é"}, {"e", "z"}},
    {"]", {"]"}, {"["}},
    {"a]", {"a]"}, {"a"}},
    {".*", {".", ".a"}, {"a"}},
};

TEST(GlobTest, MatchesWhatFnmatchDoes) {
  for (const Case& c : kCases) {
    const Glob glob(c.pattern);
    for (const auto text : c.matched) EXPECT_TRUE(glob.Matches(text)) << c.pattern << " " << text;
    for (const auto text : c.refused) EXPECT_FALSE(glob.Matches(text)) << c.pattern << " " << text;
  }
}

TEST(GlobTest, KnowsLiterals) {
  EXPECT_TRUE(Glob("a.b").is_literal());
  EXPECT_TRUE(Glob("[a").is_literal());
  EXPECT_FALSE(Glob("a?").is_literal());
  EXPECT_FALSE(Glob("[a]").is_literal());
  EXPECT_TRUE(Glob::HasWildcard("a]"));
  EXPECT_FALSE(Glob::HasWildcard("a.b"));
}

TEST(GlobTest, TakesNoUtf8ByteByByte) {
  EXPECT_TRUE(Glob("?").Matches("\xFF"));
  EXPECT_FALSE(Glob("?").Matches("\xFF\xFE"));
}

// Each would take seconds, or the age of the universe, with backtracking to every star.
TEST(GlobTest, IsQuickForHostilePatterns) {
  const std::string text(20'000, 'a');
  std::string stars;
  for (int i = 0; i < 1'000; ++i) stars += "*a";
  EXPECT_FALSE(Glob(stars + "b").Matches(text));
  EXPECT_TRUE(Glob(stars).Matches(text));
  const std::string brackets(1'000'000, '[');
  EXPECT_TRUE(Glob(brackets).Matches(brackets));
}

}  // namespace
}  // namespace flatmanifest
