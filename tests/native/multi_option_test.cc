#include "front/multi_option.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest::front {
namespace {

constexpr std::string_view kNames[] = {"-s", "--select", "--exclude"};

// The arguments after marking, each marked one in parentheses.
std::string Marked(const std::vector<std::string>& arguments) {
  std::string all;
  for (const std::string& argument : MarkValues(arguments, kNames)) {
    const std::string value = ValueOf(argument);
    all += all.empty() ? "" : " ";
    all += value == argument ? argument : "(" + value + ")";
  }
  return all;
}

TEST(MultiOptionTest, ValuesGoUpToTheNextOption) {
  EXPECT_EQ(Marked({"ls", "FILE", "--select", "a", "b", "-q", "c"}),
            "ls FILE --select (a) (b) -q c");
  EXPECT_EQ(Marked({"-s", "a", "--exclude", "b", "-s", "c"}), "-s (a) --exclude (b) -s (c)");
}

TEST(MultiOptionTest, TheFirstValueIsSplitAtEachSpace) {
  EXPECT_EQ(Marked({"--select", "a  b", "c d"}), "--select (a) () (b) (c d)");
}

TEST(MultiOptionTest, TheFirstValueMayLookLikeAnOption) {
  EXPECT_EQ(Marked({"--select", "--exclude", "a"}), "--select (--exclude) (a)");
  EXPECT_EQ(Marked({"--select", "a", "-"}), "--select (a) -");
}

TEST(MultiOptionTest, AttachedValues) {
  EXPECT_EQ(Marked({"--select=a b", "c"}), "--select (a) (b) (c)");
  EXPECT_EQ(Marked({"--select=", "-sa", "b", "-s=c"}), "--select () -s (a) (b) -s (=c)");
}

TEST(MultiOptionTest, OtherArgumentsStay) {
  EXPECT_EQ(Marked({"--selector", "a", "--selected", "--", "-s", "b"}),
            "--selector a --selected -- -s b");
  EXPECT_EQ(Marked({"--select"}), "--select");
  EXPECT_EQ(Marked({}), "");
}

}  // namespace
}  // namespace flatmanifest::front
