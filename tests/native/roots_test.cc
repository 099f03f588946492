#include "portable/roots.h"

#include <gtest/gtest.h>

namespace flatmanifest::portable {
namespace {

Roots Some() {
  Roots roots;
  roots.Add(kProject, "/home/me/shop");
  roots.Add(kTarget, "/home/me/shop/target/");
  roots.Add(kHome, "/home/me");
  return roots;
}

TEST(Roots, MarkTheLongestRootOfAPath) {
  const Roots roots = Some();
  EXPECT_EQ(roots.Relative("/home/me/shop"), "\x1aP");
  EXPECT_EQ(roots.Relative("/home/me/shop/models/a.sql"), "\x1aP/models/a.sql");
  EXPECT_EQ(roots.Relative("/home/me/shop/target/manifest.json"), "\x1aT/manifest.json");
  EXPECT_EQ(roots.Relative("/home/me/.dbt"), "\x1aH/.dbt");
  for (const char* other : {"/home/me2/shop", "/home/meadow", "home/me", "", "relative/path"}) {
    EXPECT_EQ(roots.Relative(other), other);
  }
}

TEST(Roots, MarkPathsWithinTexts) {
  const Roots roots = Some();
  EXPECT_EQ(roots.RelativeText("Wrote '/home/me/shop/target/a', see /home/me/shop."),
            "Wrote '\x1aT/a', see \x1aP.");
  EXPECT_EQ(roots.RelativeText("file:///home/me/shop/a"), "file://\x1aP/a");
  for (const char* other : {"a/home/me/shop", "./home/me/shop", "/home/me/shopping"}) {
    const std::string text = other;
    // The last begins with the home directory.
    EXPECT_EQ(roots.RelativeText(text), text == "/home/me/shopping" ? "\x1aH/shopping" : text);
  }
}

TEST(Roots, FindRootsOfSomeLetters) {
  const Roots roots = Some();
  EXPECT_TRUE(roots.OccursIn("at /home/me/shop/models", "PT"));
  EXPECT_FALSE(roots.OccursIn("at /home/me/else", "PT"));
  EXPECT_TRUE(roots.OccursIn("at /home/me/else", "H"));
  EXPECT_FALSE(roots.OccursIn("", "PTH"));
}

TEST(Roots, AreBoundElsewhere) {
  Roots there;
  there.Add(kProject, "/srv/p");
  EXPECT_EQ(there.Bound("\x1aP/models and \x1aP"), "/srv/p/models and /srv/p");
  EXPECT_EQ(there.Bound("no mark"), "no mark");
  for (const char* unknown : {"\x1aT/a", "\x1a", "\x1a?"}) {
    EXPECT_EQ(there.Bound(unknown), std::nullopt);
  }
}

TEST(Roots, BindALetterToItsFirstDirectory) {
  Roots roots;
  roots.Add(kProject, "/link");
  roots.Add(kProject, "/real/path");
  roots.Add(kWorking, "/link");
  EXPECT_EQ(roots.Relative("/real/path/a"), "\x1aP/a");
  EXPECT_EQ(roots.Relative("/link/a"), "\x1aP/a");
  EXPECT_EQ(roots.Bound("\x1aP \x1aW"), "/link /link");
  EXPECT_EQ(roots.Paths("P"), (std::vector<std::string>{"/real/path", "/link"}));
}

TEST(Roots, HaveNoRelativeDirectoriesAndNotAllOfTheFileSystem) {
  Roots roots;
  for (const char* none : {"", "/", "//", "relative"}) roots.Add(kTarget, none);
  EXPECT_EQ(roots.Path(kTarget), "");
  EXPECT_EQ(roots.Relative("/a"), "/a");
}

TEST(Roots, AreWrittenPlainlyOrNot) {
  const auto written = [](const char* directory, bool in_json) {
    Roots roots;
    roots.Add(kProject, directory);
    return roots.AreWrittenPlainly(in_json);
  };
  for (const bool in_json : {false, true}) {
    EXPECT_TRUE(written("/srv/shop of mine", in_json));
    for (const char* odd : {"/it's", "/back\\slash", "/line\nbreak", "/delete\x7f"}) {
      EXPECT_FALSE(written(odd, in_json)) << odd;
    }
  }
  for (const char* directory : {"/caf\xc3\xa9", "/a \"quote\""}) {
    EXPECT_TRUE(written(directory, false));
    EXPECT_FALSE(written(directory, true));
  }
}

TEST(Roots, MarkARelativePathWhereItIsWritten) {
  Roots roots;
  roots.Add(kProject, "/srv/shop");
  roots.Add(kTarget, "/srv/shop/target/1cc8471");
  roots.AddRelative(kRelativeTarget, "target/1cc8471");
  EXPECT_EQ(roots.Relative("target/1cc8471"), "\x1aV");
  EXPECT_EQ(roots.Relative("target/1cc84712"), "target/1cc84712");
  EXPECT_EQ(roots.RelativeText("'target/1cc8471' /srv/shop/target/1cc8471/a target/1cc8471/b."),
            "'\x1aV' \x1aT/a \x1aV/b.");
  for (const char* other : {"my/target/1cc8471", "mytarget/1cc8471", "target/1cc84712"}) {
    EXPECT_EQ(roots.RelativeText(other), other);
    EXPECT_FALSE(roots.OccursIn(other, "V"));
  }
  EXPECT_TRUE(roots.OccursIn("a target/1cc8471", "V"));
  EXPECT_FALSE(roots.OccursIn("a target/1cc8471", "PT"));
  EXPECT_EQ(roots.Bound("\x1aV/b"), "target/1cc8471/b");
}

TEST(Roots, TakeNoOrdinaryWordForAPath) {
  Roots roots;
  roots.AddRelative(kRelativeTarget, "target");
  EXPECT_EQ(roots.RelativeText("a target"), "a target");
  EXPECT_EQ(roots.Relative("target"), "target");
}

TEST(Roots, KnowTheDirectoriesAboveThem) {
  const Roots roots = Some();
  for (const char* above : {"/home", "/home/me", "/home/me/shop"}) {
    EXPECT_TRUE(roots.IsAbove(above)) << above;
  }
  EXPECT_FALSE(roots.IsAbove("/home/me/shop/models"));
  EXPECT_FALSE(roots.IsAbove("/ho"));
}

}  // namespace
}  // namespace flatmanifest::portable
