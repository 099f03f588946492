#include "front/environment.h"

#include <gtest/gtest.h>

#include "format/error.h"

namespace flatmanifest::front {
namespace {

constexpr const char* kSalt = "0123456789abcdef";
using OptionalNames = std::optional<std::vector<std::string>>;

std::string Digest(const Environment& environment, const OptionalNames& names) {
  return DigestOf(environment, names, kSalt);
}

TEST(Environment, CountsWhatDbtReads) {
  const OptionalNames names = {{"MINE"}};
  const std::string before = Digest({{"MINE", "a"}, {"OTHER", "b"}}, names);
  EXPECT_EQ(before, Digest({{"MINE", "a"}, {"OTHER", "c"}, {"MORE", ""}}, names));
  EXPECT_NE(before, Digest({{"MINE", "x"}, {"OTHER", "b"}}, names));
  EXPECT_NE(before, Digest({{"OTHER", "b"}}, names));
  for (const char* always : {"DBT_TARGET", "PYTHONPATH", "LC_ALL", "LD_PRELOAD", "LANG", "TZ"}) {
    EXPECT_NE(before, Digest({{"MINE", "a"}, {"OTHER", "b"}, {always, ""}}, names)) << always;
  }
}

TEST(Environment, CountsAllWithoutNames) {
  const std::string before = Digest({{"ANY", "a"}, {"SHLVL", "1"}}, std::nullopt);
  EXPECT_EQ(before, Digest({{"ANY", "a"}, {"SHLVL", "2"}, {"PWD", "/"}}, std::nullopt));
  EXPECT_NE(before, Digest({{"ANY", "b"}}, std::nullopt));
}

TEST(Environment, CountsNoneOfOursThatPrintsNothing) {
  const std::string before = Digest({{"ANY", "a"}}, std::nullopt);
  EXPECT_EQ(before, Digest({{"ANY", "a"}, {"FLATMANIFEST_EXPLAIN", "1"}}, std::nullopt));
  EXPECT_NE(before, Digest({{"ANY", "a"}, {"FLATMANIFEST_CACHE_DIR", "/c"}}, std::nullopt));
  // If a template asks for it, it counts.
  const OptionalNames named = {{"FLATMANIFEST_EXPLAIN"}};
  EXPECT_NE(Digest({}, named), Digest({{"FLATMANIFEST_EXPLAIN", "1"}}, named));
}

TEST(Environment, LeavesOutALocaleThatPythonSetsForItself) {
  const Environment coerced = {{"LC_CTYPE", "C.UTF-8"}};
  for (const OptionalNames& names : {OptionalNames(), OptionalNames({{"LC_CTYPE"}})}) {
    EXPECT_EQ(Digest({}, names), Digest(coerced, names));
  }
  EXPECT_EQ(Digest({{"LANG", "C"}}, OptionalNames()),
            Digest({{"LANG", "C"}, {"LC_CTYPE", "C.UTF-8"}}, OptionalNames()));
  // If another variable sets the locale, Python leaves LC_CTYPE.
  const Environment set = {{"LANG", "en_US.UTF-8"}, {"LC_CTYPE", "C.UTF-8"}};
  EXPECT_NE(Digest({{"LANG", "en_US.UTF-8"}}, OptionalNames()), Digest(set, OptionalNames()));
  EXPECT_NE(Digest({}, OptionalNames()), Digest({{"LC_CTYPE", "de_DE.UTF-8"}}, OptionalNames()));
}

TEST(Environment, LeavesOutWhatDbtSetsForItself) {
  const Environment given = {{"DBT_TARGET", "prod"}};
  const Environment running = {{"DBT_TARGET", "prod"}, {"DBT_ENGINE_TARGET", "prod"}};
  const Environment other = {{"DBT_TARGET", "prod"}, {"DBT_ENGINE_TARGET", "dev"}};
  EXPECT_EQ(Digest(given, OptionalNames()), Digest(running, OptionalNames()));
  EXPECT_NE(Digest(given, OptionalNames()), Digest(other, OptionalNames()));
  EXPECT_NE(Digest({}, OptionalNames()), Digest({{"DBT_ENGINE_TARGET", "prod"}}, OptionalNames()));
  // If a template asks for it, it counts.
  const OptionalNames named = {{"DBT_ENGINE_TARGET"}};
  EXPECT_NE(Digest(given, named), Digest(running, named));
}

TEST(Environment, TellsNamesFromValues) {
  EXPECT_NE(Digest({{"DBT_A", "b"}}, std::nullopt), Digest({{"DBT_", "Ab"}}, std::nullopt));
}

TEST(Environment, IsSalted) {
  const Environment environment = {{"DBT_A", "secret"}};
  EXPECT_NE(DigestOf(environment, std::nullopt, kSalt),
            DigestOf(environment, std::nullopt, "another salt of more"));
}

TEST(Environment, IsThatOfTheProcess) {
  ::setenv("FRONT_ENVIRONMENT_TEST", "a=b", 1);
  EXPECT_EQ(CurrentEnvironment().at("FRONT_ENVIRONMENT_TEST"), "a=b");
  ::unsetenv("FRONT_ENVIRONMENT_TEST");
}

TEST(Environment, ASaltThatIsTooLongIsRefused) {
  const Environment environment = {{"PATH", "/bin"}};
  EXPECT_NO_THROW(DigestOf(environment, std::nullopt, std::string(64, 's')));
  EXPECT_THROW(DigestOf(environment, std::nullopt, std::string(65, 's')), FormatError);
}

}  // namespace
}  // namespace flatmanifest::front
