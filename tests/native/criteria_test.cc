#include "select/criteria.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "testing/message_of.h"

namespace flatmanifest {
namespace {

using testing::MessageOf;

Criteria Parse(std::string_view raw) {
  return ParseCriteria(raw, IndirectSelection::kCautious, Dialect{});
}

std::string ErrorOf(std::string_view raw) {
  return MessageOf<SelectionError>([&] { Parse(raw); });
}

// A criterion as "@ PARENTS+ METHOD.ARGUMENTS : VALUE + CHILDREN".
std::string Shown(std::string_view raw) {
  const Criteria criteria = Parse(raw);
  const auto depth = [](uint64_t steps) {
    return steps == kAnyDepth ? std::string() : std::to_string(steps);
  };
  std::string shown;
  if (criteria.childrens_parents) shown += "@ ";
  if (criteria.parents) shown += depth(criteria.parents_depth) + "+ ";
  shown += MethodName(criteria.method);
  for (const std::string& argument : criteria.arguments) shown += "." + argument;
  shown += " : " + criteria.value;
  if (criteria.children) shown += " +" + depth(criteria.children_depth);
  return shown;
}

TEST(ParseCriteriaTest, Operators) {
  EXPECT_EQ(Shown("a"), "fqn : a");
  EXPECT_EQ(Shown("+a"), "+ fqn : a");
  EXPECT_EQ(Shown("a+"), "fqn : a +");
  EXPECT_EQ(Shown("+a+"), "+ fqn : a +");
  EXPECT_EQ(Shown("2+a+3"), "2+ fqn : a +3");
  EXPECT_EQ(Shown("0+a+0"), "0+ fqn : a +0");
  EXPECT_EQ(Shown("@a"), "@ fqn : a");
  EXPECT_EQ(Shown("@1+a"), "@ 1+ fqn : a");
  EXPECT_EQ(Shown("007+a"), "7+ fqn : a");
}

TEST(ParseCriteriaTest, OperatorsInOddPlaces) {
  EXPECT_EQ(Shown(""), "fqn : ");
  EXPECT_EQ(Shown("+"), "+ fqn : ");
  EXPECT_EQ(Shown("++"), "+ fqn :  +");
  EXPECT_EQ(Shown("+++"), "+ fqn : + +");
  EXPECT_EQ(Shown("2+"), "2+ fqn : ");
  EXPECT_EQ(Shown("2"), "fqn : 2");
  EXPECT_EQ(Shown("a2"), "fqn : a2");
  EXPECT_EQ(Shown("a++2"), "fqn : a+ +2");
  EXPECT_EQ(Shown("a+2b"), "fqn : a+2b");
  EXPECT_EQ(Shown("-1+a"), "fqn : -1+a");
  EXPECT_EQ(Shown("a@"), "fqn : a@");
  EXPECT_EQ(Shown("@@a"), "@ fqn : @a");
  EXPECT_EQ(Shown("+@a"), "+ fqn : @a");
}

TEST(ParseCriteriaTest, Methods) {
  EXPECT_EQ(Shown("tag:nightly"), "tag : nightly");
  EXPECT_EQ(Shown("2+tag:nightly+3"), "2+ tag : nightly +3");
  EXPECT_EQ(Shown("config.meta.owner:me"), "config.meta.owner : me");
  EXPECT_EQ(Shown("config.:x"), "config. : x");
  EXPECT_EQ(Shown("tag:a:b"), "tag : a:b");
  EXPECT_EQ(Shown("tag:"), "tag : ");
  EXPECT_EQ(Shown("tag:+"), "tag :  +");
  EXPECT_EQ(Shown("a-b:c"), "fqn : a-b:c");
  EXPECT_EQ(Shown(":a"), "fqn : :a");
}

TEST(ParseCriteriaTest, MethodOfABareValue) {
  EXPECT_EQ(Shown("models/a"), "path : models/a");
  EXPECT_EQ(Shown("/"), "path : /");
  EXPECT_EQ(Shown("a.sql"), "file : a.sql");
  EXPECT_EQ(Shown("a.SQL+"), "file : a.SQL +");
  EXPECT_EQ(Shown("a.py"), "file : a.py");
  EXPECT_EQ(Shown("a.csv"), "file : a.csv");
  EXPECT_EQ(Shown("a.yml"), "fqn : a.yml");
  EXPECT_EQ(Shown(".sqlx"), "fqn : .sqlx");
}

TEST(ParseCriteriaTest, OtherScripts) {
  EXPECT_EQ(Shown("\u0663+a"), "3+ fqn : a");         // an Arabic three
  EXPECT_EQ(Shown("a+\u0967\u0968"), "fqn : a +12");  // Devanagari
  EXPECT_EQ(Shown("\u00B2+a"), "fqn : \u00B2+a");     // superscript two is no decimal
  EXPECT_EQ(ErrorOf("\u00E9t\u00E9:x"), "'\u00E9t\u00E9' is not a valid method name");
  EXPECT_EQ(Shown("\u20AC:x"), "fqn : \u20AC:x");  // a sign is no word
}

TEST(ParseCriteriaTest, DepthsBeyondAnyGraph) {
  const std::string nines(4300, '9');
  EXPECT_GT(Parse(nines + "+a").parents_depth, uint64_t{1} << 40);
  EXPECT_NE(Parse(nines + "+a").parents_depth, kAnyDepth);
  EXPECT_EQ(ErrorOf(nines + "9+a"),
            "Invalid node spec - could not handle parent depth " + nines + "9");
}

TEST(ParseCriteriaTest, KeepsTheMode) {
  EXPECT_EQ(Parse("a").indirect_selection, IndirectSelection::kCautious);
}

TEST(ParseCriteriaTest, Errors) {
  EXPECT_EQ(ErrorOf("@a+"),
            "Invalid node spec @a+ - \"@\" prefix and \"+\" suffix are incompatible");
  EXPECT_EQ(ErrorOf("tags:a"), "'tags' is not a valid method name");
  EXPECT_EQ(ErrorOf("Tag:a"), "'Tag' is not a valid method name");
  EXPECT_EQ(ErrorOf("selector:a"), "'selector' is not a valid method name");
  EXPECT_EQ(ErrorOf(".config:a"), "'' is not a valid method name");
  EXPECT_EQ(ErrorOf("a\nb"), "Invalid selector spec \"a\nb\"");
}

}  // namespace
}  // namespace flatmanifest
