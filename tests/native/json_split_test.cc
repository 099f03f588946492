#include "convert/json_split.h"

#include <gtest/gtest.h>

#include <string>

#include "format/error.h"

namespace flatmanifest {
namespace {

std::string Text(const simdjson::padded_string& json, const JsonMember& member) {
  return std::string(json.data() + member.begin, member.end - member.begin);
}

TEST(JsonSplitTest, FindsSectionsAndTheirMembers) {
  const simdjson::padded_string json(std::string(
      R"({"metadata": {"a": 1, "b": [1, {"c": "}"}]} , "nodes": {}, "list" : [1, 2] , "x": null})"));
  const auto sections = SplitJson(json, "m.json");
  ASSERT_EQ(sections.size(), 4U);
  EXPECT_EQ(sections[0].whole.key, "metadata");
  ASSERT_TRUE(sections[0].is_object);
  ASSERT_EQ(sections[0].members.size(), 2U);
  EXPECT_EQ(sections[0].members[0].key, "a");
  EXPECT_EQ(Text(json, sections[0].members[0]), "1");
  EXPECT_EQ(Text(json, sections[0].members[1]), R"([1, {"c": "}"}])");
  EXPECT_TRUE(sections[1].is_object);
  EXPECT_TRUE(sections[1].members.empty());
  EXPECT_FALSE(sections[2].is_object);
  EXPECT_EQ(Text(json, sections[2].whole), "[1, 2]");
  EXPECT_EQ(Text(json, sections[3].whole), "null");
}

TEST(JsonSplitTest, UnescapesKeys) {
  const simdjson::padded_string json(std::string(R"({"n": {"a\u00e4\"": {"x": {}} }})"));
  const auto sections = SplitJson(json, "m.json");
  ASSERT_EQ(sections.at(0).members.size(), 1U);
  EXPECT_EQ(sections[0].members[0].key, "a\u00e4\"");
  EXPECT_EQ(Text(json, sections[0].members[0]), R"({"x": {}})");
}

TEST(JsonSplitTest, RefusesWhatIsNoObject) {
  for (const char* text : {"", "[]", "1", R"({"a": )", R"({"a": {"b": 1)", R"({"a" 1})"}) {
    const simdjson::padded_string json((std::string(text)));
    EXPECT_THROW(SplitJson(json, "m.json"), ConvertError) << text;
  }
}

}  // namespace
}  // namespace flatmanifest
