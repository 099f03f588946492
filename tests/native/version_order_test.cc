#include "select/version_order.h"

#include <gtest/gtest.h>

#include <string>

#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

// Asks about two versions, given as JSON.
template <typename Ask>
bool Of(const std::string& a, const std::string& b, Ask ask) {
  const FileImage image = testing::Convert(R"({"nodes": {}, "versions": [)" + a + ", " + b + "]}");
  const Document document = testing::Open(image);
  const auto versions = document.Elements(*document.Find(document.root(), "versions"));
  return ask(document, versions[0], versions[1]);
}

bool Less(const std::string& a, const std::string& b) { return Of(a, b, VersionLess); }
bool Same(const std::string& a, const std::string& b) { return Of(a, b, SameVersion); }
bool IsTruthy(const std::string& version) {
  return Of(version, "0",
            [](const Document& document, Cell a, Cell) { return IsTruthyVersion(document, a); });
}

TEST(VersionOrderTest, Numbers) {
  EXPECT_TRUE(Less("1", "2"));
  EXPECT_TRUE(Less("9", "10"));
  EXPECT_TRUE(Less("1.5", "2"));
  EXPECT_FALSE(Less("2", "2.0"));
  EXPECT_TRUE(Less("9007199254740993000", "1e300"));
}

TEST(VersionOrderTest, TextThatFloatReads) {
  EXPECT_TRUE(Less(R"("9")", R"("10")"));
  EXPECT_TRUE(Less(R"(" 9 ")", "10"));
  EXPECT_TRUE(Less(R"("1_000")", R"("1001")"));
  EXPECT_TRUE(Less(R"("1e1")", R"("inf")"));
  EXPECT_FALSE(Less(R"("nan")", R"("1")"));
}

TEST(VersionOrderTest, OtherTextByItsCharacters) {
  EXPECT_TRUE(Less(R"("10b")", R"("9b")"));
  EXPECT_TRUE(Less(R"("alpha")", R"("beta")"));
  EXPECT_TRUE(Less("10", R"("9b")"));
  EXPECT_TRUE(Less("1.0", R"("1.0b")"));
  EXPECT_TRUE(Less(R"("0x10")", "9"));  // "0x10" < "9": no number for float()
  EXPECT_TRUE(Less(R"("1__0")", "9"));
  EXPECT_TRUE(Less(R"("")", "0"));
}

TEST(VersionOrderTest, Sameness) {
  EXPECT_TRUE(Same("1", "1.0"));
  EXPECT_TRUE(Same(R"("1")", R"("1")"));
  EXPECT_FALSE(Same(R"("1")", "1"));
  EXPECT_FALSE(Same("1", "2"));
  EXPECT_FALSE(Same("null", "null"));
}

TEST(VersionOrderTest, Truth) {
  EXPECT_TRUE(IsTruthy("1"));
  EXPECT_TRUE(IsTruthy(R"("0")"));
  EXPECT_FALSE(IsTruthy("0"));
  EXPECT_FALSE(IsTruthy("0.0"));
  EXPECT_FALSE(IsTruthy(R"("")"));
  EXPECT_FALSE(IsTruthy("null"));
}

}  // namespace
}  // namespace flatmanifest
