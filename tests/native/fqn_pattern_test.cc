#include "select/fqn_pattern.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace flatmanifest {
namespace {

using Fqn = std::vector<std::string_view>;

bool Matches(std::string_view pattern, const Fqn& fqn, bool is_versioned = false) {
  return FqnPattern(pattern, true).Matches(fqn, is_versioned);
}

const Fqn kOrders = {"shop", "marts", "core", "orders"};

TEST(FqnPatternTest, NamesAndBeginnings) {
  for (const char* pattern : {"orders", "shop", "shop.marts", "shop.marts.core.orders", "marts",
                              "marts.core", "marts.core.orders"}) {
    EXPECT_TRUE(Matches(pattern, kOrders)) << pattern;
  }
  for (const char* pattern : {"", "core", "core.orders", "order", "shop.core", "shop.",
                              "shop.marts.core.orders.x", "Orders"}) {
    EXPECT_FALSE(Matches(pattern, kOrders)) << pattern;
  }
}

TEST(FqnPatternTest, Wildcards) {
  for (const char* pattern :
       {"*", "ord*", "*ers", "shop.*", "shop.*.orders", "marts.*", "m*", "shop.m?rts.*",
        "marts.core.[o]rders", "shop.marts.*ore*", "order?"}) {
    EXPECT_TRUE(Matches(pattern, kOrders)) << pattern;
  }
  for (const char* pattern : {"x*", "shop.x*", "*.x", "core.*", "shop.marts.core.orders.*"}) {
    EXPECT_FALSE(Matches(pattern, kOrders)) << pattern;
  }
}

TEST(FqnPatternTest, OlderWildcardsFindNoNames) {
  const auto matches = [](std::string_view pattern) {
    return FqnPattern(pattern, false).Matches(kOrders, false);
  };
  EXPECT_FALSE(matches("ord*"));
  EXPECT_TRUE(matches("*ord*"));
  EXPECT_TRUE(matches("m*"));
  EXPECT_TRUE(matches("orders"));
}

TEST(FqnPatternTest, DotsInNames) {
  const Fqn fqn = {"shop", "staging", "raw.orders"};
  EXPECT_TRUE(Matches("raw.orders", fqn));
  EXPECT_TRUE(Matches("staging.raw.orders", fqn));
  EXPECT_TRUE(Matches("shop.staging.raw", fqn));
  EXPECT_TRUE(Matches("staging.raw.*", fqn));
  EXPECT_FALSE(Matches("orders", fqn));
}

TEST(FqnPatternTest, Versions) {
  const Fqn fqn = {"shop", "marts", "orders", "v2"};
  for (const char* pattern : {"orders", "orders.v2", "orders_v2", "marts.orders.v2", "x.orders.v2",
                              "shop.marts.orders", "ord*", "marts.orders.*"}) {
    EXPECT_TRUE(Matches(pattern, fqn, true)) << pattern;
  }
  for (const char* pattern : {"v2", "orders.v1", "orders_v1", "ordersv2", "v*"}) {
    EXPECT_FALSE(Matches(pattern, fqn, true)) << pattern;
  }
  EXPECT_TRUE(Matches("v2", fqn, false));
}

TEST(FqnPatternTest, ShortOnes) {
  EXPECT_FALSE(Matches("a", {}));
  EXPECT_FALSE(Matches("a", {}, true));
  EXPECT_TRUE(Matches("a", {"a"}));
  EXPECT_TRUE(Matches("a", {"a"}, true));
  EXPECT_FALSE(Matches("b*", {"a"}, true));
}

}  // namespace
}  // namespace flatmanifest
