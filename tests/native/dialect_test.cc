#include "select/dialect.h"

#include <gtest/gtest.h>

namespace flatmanifest {
namespace {

TEST(DialectTest, WildcardsFindNamesSinceTheirFixWasReleasedInEachLine) {
  for (const char* version : {"1.11.16", "1.11.20", "1.12.6", "1.12.10", "1.13.0", "2.0.0"}) {
    EXPECT_TRUE(DialectOf(version).wildcards_find_names) << version;
  }
  for (const char* version : {"0.21.1", "1.4.0", "1.10.23", "1.11.15", "1.12.0", "1.12.5"}) {
    EXPECT_FALSE(DialectOf(version).wildcards_find_names) << version;
  }
}

TEST(DialectTest, OneTwelve) {
  EXPECT_FALSE(DialectOf("1.11.99").has_selector_method);
  EXPECT_TRUE(DialectOf("1.12.0b2").has_selector_method);
  EXPECT_EQ(DialectOf("1.11.0").seed_limit, "1MB");
  EXPECT_EQ(DialectOf("1.12.0").seed_limit, "1MiB");
  EXPECT_EQ(DialectOf("1.11.0").state_warning_tag, "Warning: ");
  EXPECT_EQ(DialectOf("1.12.0").state_warning_tag, "");
}

TEST(DialectTest, NoVersionIsTakenForOneEleven) {
  for (const char* version : {"", "1", "1.11", "one.two.three", "1..3", "99999999999.1.1"}) {
    EXPECT_TRUE(DialectOf(version).wildcards_find_names) << version;
    EXPECT_FALSE(DialectOf(version).has_selector_method) << version;
  }
}

}  // namespace
}  // namespace flatmanifest
