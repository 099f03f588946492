#include "format/field_path.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

class FieldPathTest : public ::testing::Test {
 protected:
  // The JSON of the value at `path`, or "nothing".
  std::string Find(std::string_view path) const {
    const auto value = FindPath(document_, document_.root(), path);
    return value ? testing::JsonOf(document_, *value) : "nothing";
  }

  const FileImage image_ = testing::Convert(R"({
      "nodes": {"model.shop.orders": {"name": "orders", "config": {"meta": {"owner": "Ada"}}}},
      "list": [10, [20, 21], {"key": 30}],
      "null": null,
      "": {"": "empty"},
      "a.b": {"c": "longest first key"},
      "a": {"b.c": "shorter", "b": {"d": "dead end above"}, "b.": "trailing dot"},
      "0": "a key that is a number"})");
  const Document document_ = testing::Open(image_);
};

TEST_F(FieldPathTest, LeadsThroughObjects) {
  EXPECT_EQ(Find("nodes.model.shop.orders.config.meta.owner"), "\"Ada\"");
  EXPECT_EQ(Find("nodes.model.shop.orders.config"), R"({"meta": {"owner": "Ada"}})");
}

TEST_F(FieldPathTest, NumbersPickFromArrays) {
  EXPECT_EQ(Find("list.0"), "10");
  EXPECT_EQ(Find("list.1.1"), "21");
  EXPECT_EQ(Find("list.2.key"), "30");
  EXPECT_EQ(Find("0"), "\"a key that is a number\"");
}

TEST_F(FieldPathTest, IsNothingWhereNothingIs) {
  for (const std::string_view path :
       {"missing", "nodes.missing", "nodes.model.shop", "list.3", "list.-1", "list.+1", "list.1x",
        "list.", "list.99999999999999999999999", "list.0.0", "null.x", "..", "a.", "nodes."}) {
    EXPECT_EQ(Find(path), "nothing") << path;
  }
}

TEST_F(FieldPathTest, NullIsSomething) { EXPECT_EQ(Find("null"), "null"); }

TEST_F(FieldPathTest, TheLongestFirstKeyCounts) {
  EXPECT_EQ(Find("a.b.c"), "\"longest first key\"");
}

TEST_F(FieldPathTest, AReadingThatLeadsNowhereIsLeft) {
  EXPECT_EQ(Find("a.b.d"), "\"dead end above\"");
}

TEST_F(FieldPathTest, KeysMayEndInADotOrBeEmpty) {
  EXPECT_EQ(Find("a.b."), "\"trailing dot\"");
  EXPECT_EQ(Find(""), R"({"": "empty"})");
  EXPECT_EQ(Find("."), "\"empty\"");
}

TEST_F(FieldPathTest, StartsAnywhere) {
  const auto find = [&](Cell start, std::string_view path) {
    return FindPath(document_, start, path);
  };
  EXPECT_EQ(find(testing::At(document_, "list"), "0"), Cell::SmallInt(10));
  EXPECT_EQ(find(Cell::SmallInt(10), "0"), std::nullopt);
}

}  // namespace
}  // namespace flatmanifest
