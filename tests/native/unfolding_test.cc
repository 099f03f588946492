#include "format/unfolding.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "convert/convert.h"
#include "format/error.h"
#include "format/verify.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::At;
using testing::JsonOf;
using testing::MessageOf;
using testing::PatchedFile;

// {"v": an array that holds `width` times an array that holds ... the leaf, `levels` deep}.
FileImage Nested(int levels, size_t width, const std::string& leaf, uint64_t value_count) {
  Writer writer;
  Cell cell = Cell::String(writer.AddString(leaf));
  for (int i = 0; i < levels; ++i) cell = writer.AddArray(std::vector<Cell>(width, cell));
  const StringId key = writer.AddString("v");
  const Cell root = writer.AddObject({&key, 1}, {&cell, 1});
  return testing::FinishWithoutResources(std::move(writer), root, {.value_count = value_count});
}

TEST(UnfoldingTest, CountsValuesTextAndLevels) {
  const FileImage image = testing::Convert(R"({"nodes": {"a": [1, "xyz", [[]]], "b": {}}})");
  const Document document = testing::Open(image);
  Unfolding unfolding(document);
  const Unfolded root = unfolding.Of(document.root());
  EXPECT_EQ(root.values, 8U);
  EXPECT_EQ(root.text, 8 * 8U + 3 + 5 + 1 + 1);
  EXPECT_EQ(root.depth, 5);
  EXPECT_EQ(unfolding.Of(At(document, "nodes.b")).depth, 1);
  EXPECT_EQ(unfolding.Of(Cell::SmallInt(7)).depth, 0);
}

TEST(UnfoldingTest, BoundsGrowWithTheFile) {
  EXPECT_EQ(MostValues(0), 1U << 20);
  EXPECT_EQ(MostValues(1 << 20), 128U << 20);
  EXPECT_EQ(MostText(0), 64U << 20);
  EXPECT_EQ(MostText(1 << 20), uint64_t{1} << 30);
  EXPECT_EQ(MostText(size_t{2} << 30), uint64_t{8} << 30);
}

// --- files that unfold to more than they can honestly hold ---

TEST(UnfoldingTest, MoreValuesThanTheSizeAllowsAreRefusedAtOpen) {
  const FileImage image = Nested(33, 2, "leaf", uint64_t{1} << 34);
  EXPECT_EQ(MessageOf<FormatError>([&] { testing::Open(image); }),
            "sample.fman: its header says that it unfolds to 17179869184 values, which no manifest "
            "of " +
                std::to_string(image.bytes().size()) + " bytes does (damaged file)");
}

TEST(UnfoldingTest, MoreValuesThanTheHeaderSaysAreDamage) {
  const FileImage image = Nested(33, 2, "leaf", 1'000'000);
  const Document document = testing::Open(image);
  const std::string fault = "values than the header says (damaged file)";
  EXPECT_EQ(MessageOf<FormatError>([&] { Verify(document); }),
            "sample.fman: a value unfolds to more " + fault);
  EXPECT_EQ(MessageOf<FormatError>([&] { JsonOf(document); }), "sample.fman: more " + fault);
}

// Few values with much text each.
TEST(UnfoldingTest, MoreTextThanTheSizeAllows) {
  const FileImage image = Nested(2, 1'000, std::string(1'000, 'x'), 1'001'002);
  const Document document = testing::Open(image);
  EXPECT_EQ(MessageOf<FormatError>([&] { Verify(document); }),
            "sample.fman: a value unfolds to over 67108864 bytes of text, which no manifest of "
            "this size does (damaged file)");
  EXPECT_EQ(MessageOf<FormatError>([&] { JsonOf(document); }),
            "sample.fman: a value unfolds to over 402653184 bytes of JSON, which no manifest of "
            "this size does (damaged file)");
}

TEST(UnfoldingTest, NoneAreMadeFromJson) {
  // Each level has sixteen times the values of the one below, and is stored once.
  std::string json = "\"a text that takes more than a few bytes of the JSON\"";
  for (int i = 0; i < 5; ++i) {
    std::string wider = "[" + json;
    for (int n = 1; n < 16; ++n) wider += "," + json;
    json = wider + "]";
  }
  json = R"({"nodes": {}, "a": )" + json + "}";
  const simdjson::padded_string padded(json);
  EXPECT_EQ(MessageOf<ConvertError>([&] { ConvertJson(padded, "in.json", {}); })
                .find("in.json: byte " + std::to_string(json.size()) +
                      ": the manifest repeats the same values so often that its file, of "),
            0U);
}

// --- ranges ---

TEST(UnfoldingTest, AContainerThatHoldsAPartOfItsOwnRange) {
  PatchedFile file;
  // The second element of an array holds the first.
  const uint32_t at = At(file.Open(), "values").index();
  file.SetCell(at + 1, Cell::Array(1, at));
  const Document document = file.OpenSealed();
  EXPECT_EQ(MessageOf<FormatError>([&] { Verify(document); }),
            "sample.fman: a container holds what was written after it (damaged file)");
}

TEST(UnfoldingTest, RangesThatOverlapEachOther) {
  // Arrays over every part of the cells before them; a look at each of them would take forever.
  Writer writer;
  std::vector<Cell> cells(4'000, Cell::Null());
  Cell array = writer.AddArray(cells);
  for (uint32_t i = 0; i < 4'000; ++i) cells[i] = Cell::Array(4'000 - i, i);
  array = writer.AddArray(cells);
  const StringId key = writer.AddString("v");
  const Cell root = writer.AddObject({&key, 1}, {&array, 1});
  const FileImage image = testing::FinishWithoutResources(std::move(writer), root);
  const Document document = testing::Open(image);
  EXPECT_EQ(MessageOf<FormatError>([&] { Verify(document); }),
            "sample.fman: containers overlap (damaged file)");
}

TEST(UnfoldingTest, RangesThatBeginTogether) {
  Writer writer;
  std::vector<Cell> cells(100, Cell::Bool(true));
  cells.back() = writer.AddArray({});
  const Cell all = writer.AddArray(cells);
  const Cell most = Cell::Array(99, all.index());
  const std::vector<Cell> both = {all, most, all};
  const Cell array = writer.AddArray(both);
  const StringId key = writer.AddString("v");
  const Cell root = writer.AddObject({&key, 1}, {&array, 1});
  const FileImage image = testing::FinishWithoutResources(std::move(writer), root);
  const Document document = testing::Open(image);
  Unfolding unfolding(document);
  EXPECT_EQ(unfolding.Of(all).depth, 2);
  EXPECT_EQ(unfolding.Of(most).depth, 1);
  EXPECT_EQ(unfolding.Of(array).values, 1U + 101 + 100 + 101);
}

TEST(UnfoldingTest, NestingIsBounded) {
  EXPECT_NO_THROW(Verify(testing::Open(Nested(kMaxDepth - 1, 1, "x", 2'000))));
  const FileImage image = Nested(kMaxDepth, 1, "x", 2'000);
  EXPECT_EQ(MessageOf<FormatError>([&] { Verify(testing::Open(image)); }),
            "sample.fman: containers are nested too deeply (damaged file)");
}

}  // namespace
}  // namespace flatmanifest
