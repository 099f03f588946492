#include "front/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace flatmanifest::front {
namespace {

using Words = std::vector<std::string>;

TEST(CommandLine, KnowsListAndParse) {
  EXPECT_EQ(ParseCommandLine({"ls"})->command, "ls");
  EXPECT_EQ(ParseCommandLine({"list"})->command, "list");
  EXPECT_EQ(ParseCommandLine({"parse"})->command, "parse");
  EXPECT_FALSE(ParseCommandLine({"parse"})->lists());
  for (const char* other : {"run", "build", "compile", "docs", "--version", "--help", "lsx"}) {
    EXPECT_FALSE(ParseCommandLine({other})) << other;
  }
  EXPECT_FALSE(ParseCommandLine({}));
  EXPECT_FALSE(ParseCommandLine({"ls", "parse"}));
}

TEST(CommandLine, LeavesBytesToDbtThatAreNotUtf8) {
  EXPECT_TRUE(ParseCommandLine({"ls", "-s", "caf\xc3\xa9"}));
  for (const char* value : {"\xff", "a\xc3", "\xed\xa0\x80"}) {
    EXPECT_FALSE(ParseCommandLine({"ls", "-s", value}));
    EXPECT_FALSE(ParseCommandLine({"--vars", value, "parse"}));
  }
}

TEST(CommandLine, EvaluatesWhatIsListed) {
  const auto line =
      ParseCommandLine({"ls", "-s", "a+", "tag:b c", "--exclude=d", "--output", "name",
                        "--resource-type", "model", "--indirect-selection", "empty"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->list.select, (Words{"a+", "tag:b c"}));
  EXPECT_EQ(line->list.exclude, Words{"d"});
  EXPECT_EQ(line->list.output, "name");
  EXPECT_EQ(line->list.resource_types, Words{"model"});
  EXPECT_EQ(line->list.indirect_selection, "empty");
  EXPECT_FALSE(line->list.models);
  EXPECT_TRUE(line->settings.empty());
}

TEST(CommandLine, TakesSettingsFromBeforeAndAfterTheCommand) {
  const std::map<std::string, std::string> expected = {
      {"--quiet", "yes"}, {"--target", "prod"}, {"--use-colors", "no"}, {"--vars", "{a: 1}"}};
  const auto one =
      ParseCommandLine({"-q", "--no-use-colors", "ls", "-t", "prod", "--vars", "{a: 1}"});
  const auto other =
      ParseCommandLine({"--target=prod", "ls", "--quiet", "--vars={a: 1}", "--no-use-colors"});
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->settings, expected);
  EXPECT_EQ(other->settings, expected);
}

TEST(CommandLine, TakesEarlierRunsForSettings) {
  const std::map<std::string, std::string> expected = {
      {"--defer", "yes"}, {"--defer-state", "other"}, {"--favor-state", "no"}, {"--state", "prod"}};
  const auto line = ParseCommandLine({"--state", "prod", "ls", "--defer", "--no-favor-state",
                                      "--defer-state=other", "-s", "state:modified+"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->settings, expected);
}

TEST(CommandLine, TakesTheLastOfSeveral) {
  EXPECT_EQ(ParseCommandLine({"ls", "-t", "a", "-t", "b"})->settings.at("--target"), "b");
  // dbt decides which of them counts.
  EXPECT_FALSE(ParseCommandLine({"ls", "--quiet", "--no-quiet"}));
  EXPECT_FALSE(ParseCommandLine({"ls", "-q", "--no-quiet"}));
}

TEST(CommandLine, TellsDeprecatedSpellingsApart) {
  EXPECT_EQ(ParseCommandLine({"ls", "-m", "a"})->settings.at("--models"), "yes");
  EXPECT_EQ(ParseCommandLine({"ls", "-ma"})->settings.at("--models"), "no");
}

TEST(CommandLine, LeavesTheRestToDbt) {
  for (const Words& words :
       {Words{"ls", "--state"}, Words{"ls", "--defer", "--no-defer"}, Words{"ls", "--help"},
        Words{"ls", "--no-partial-parse"}, Words{"ls", "--selekt", "x"}, Words{"ls", "extra"},
        Words{"ls", "--output"}, Words{"parse", "--select", "x"}, Words{"ls", "--", "x"},
        Words{"--select", "x", "ls"}, Words{"ls", "--use-v2-parser"}}) {
    EXPECT_FALSE(ParseCommandLine(words)) << words.back();
  }
}

TEST(CommandLine, FindsSettingsInTheEnvironment) {
  CommandLine line;
  ::setenv("DBT_TARGET_PATH", "old", 1);
  EXPECT_EQ(line.Setting("--target-path"), "old");
  ::setenv("DBT_ENGINE_TARGET_PATH", "new", 1);
  EXPECT_EQ(line.Setting("--target-path"), "new");
  line.settings["--target-path"] = "said";
  EXPECT_EQ(line.Setting("--target-path"), "said");
  ::unsetenv("DBT_TARGET_PATH");
  ::unsetenv("DBT_ENGINE_TARGET_PATH");
  EXPECT_EQ(CommandLine().Setting("--target-path"), std::nullopt);
}

}  // namespace
}  // namespace flatmanifest::front
