#include "graph/node_names.h"

#include <gtest/gtest.h>

#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

TEST(NodeNamesTest, GivesRowsAsNamesCome) {
  NodeNames names;
  EXPECT_EQ(names.size(), 0U);
  EXPECT_EQ(names.Find("a"), kNoRow);
  EXPECT_EQ(names.Add("a"), 0U);
  EXPECT_EQ(names.Add(""), 1U);
  EXPECT_EQ(names.Add("a"), 0U);
  EXPECT_EQ(names.size(), 2U);
  EXPECT_EQ(names.Find(""), 1U);
  EXPECT_EQ(names.Name(0), "a");
}

TEST(NodeNamesTest, CopiesGoTheirOwnWay) {
  NodeNames names;
  names.Add("a");
  const std::string_view kept = names.Name(0);
  NodeNames copy = names;
  EXPECT_EQ(copy.Add("b"), 1U);
  EXPECT_EQ(names.Find("b"), kNoRow);
  EXPECT_EQ(names.Add("c"), 1U);
  EXPECT_EQ(copy.Name(1), "b");
  EXPECT_EQ(names.Name(1), "c");
  EXPECT_EQ(copy.Find("a"), 0U);
  EXPECT_EQ(kept, "a");
}

TEST(NodeNamesTest, AddsToThoseOfADocument) {
  const FileImage image = testing::Convert(testing::SampleManifest());
  const Document document = testing::Open(image);
  NodeNames names(document);
  EXPECT_EQ(names.size(), 3U);
  EXPECT_EQ(names.Name(1), "model.shop.stg_orders");
  EXPECT_EQ(names.Find("source.shop.raw.orders"), 2U);
  EXPECT_EQ(names.Find("macro.shop.cents"), kNoRow);  // has a row of the document, not of the graph
  EXPECT_EQ(names.Add("model.shop.orders"), 0U);
  EXPECT_EQ(names.Add("macro.shop.cents"), 3U);
  EXPECT_EQ(names.Name(3), "macro.shop.cents");
  EXPECT_EQ(names.Find("macro.shop.cents"), 3U);
}

}  // namespace
}  // namespace flatmanifest
