#include "convert/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/error.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::At;
using testing::JsonOf;
using testing::MessageOf;
using testing::PatchedFile;

// A file whose root is {"v": value}.
FileImage Holding(Writer writer, Cell value) {
  const StringId key = writer.AddString("v");
  const Cell root = writer.AddObject({&key, 1}, {&value, 1});
  return testing::FinishWithoutResources(std::move(writer), root);
}

// The JSON of one value.
std::string Written(Writer writer, Cell value) {
  const FileImage image = Holding(std::move(writer), value);
  return JsonOf(testing::Open(image), value);
}

std::string WrittenString(std::string_view text) {
  Writer writer;
  const Cell cell = Cell::String(writer.AddString(text));
  return Written(std::move(writer), cell);
}

TEST(JsonWriterTest, WritesTheSampleAsJsonDumpsDoes) {
  const FileImage image = testing::Convert(testing::SampleManifest());
  EXPECT_EQ(JsonOf(testing::Open(image)), testing::SampleManifest());
}

TEST(JsonWriterTest, EscapesAsciiLikePython) {
  std::string all;
  for (int c = 0; c <= 0x7F; ++c) all += static_cast<char>(c);
  EXPECT_EQ(WrittenString(all),
            R"("\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f)"
            R"(\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c)"
            R"(\u001d\u001e\u001f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\])"
            R"(^_`abcdefghijklmnopqrstuvwxyz{|}~\u007f")");
}

TEST(JsonWriterTest, EscapesEverythingOutsideAscii) {
  EXPECT_EQ(WrittenString("\u0080ü€\uFFFF"), R"("\u0080\u00fc\u20ac\uffff")");
  EXPECT_EQ(WrittenString("\U00010000🚀\U0010FFFF"), R"("\ud800\udc00\ud83d\ude80\udbff\udfff")");
  EXPECT_EQ(WrittenString("\u2028\uFEFF"), R"("\u2028\ufeff")");
}

TEST(JsonWriterTest, EscapesAtEveryPlaceOfALongString) {
  // Runs of plain characters are skipped in blocks.
  for (size_t length = 0; length < 70; ++length) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      text[at] = '\n';
      std::string expected(length, 'x');
      expected.replace(at, 1, "\\n");
      ASSERT_EQ(WrittenString(text), '"' + expected + '"');
    }
  }
}

TEST(JsonWriterTest, SurrogatesThatStandAlone) {
  EXPECT_EQ(WrittenString("a\xED\xA0\xBDü\xED\xBA\x80"), R"("a\ud83d\u00fc\ude80")");
}

TEST(JsonWriterTest, EmptyString) { EXPECT_EQ(WrittenString(""), R"("")"); }

TEST(JsonWriterTest, Constants) {
  EXPECT_EQ(Written(Writer(), Cell::Null()), "null");
  EXPECT_EQ(Written(Writer(), Cell::Bool(true)), "true");
  EXPECT_EQ(Written(Writer(), Cell::Bool(false)), "false");
}

TEST(JsonWriterTest, Integers) {
  const auto written = [](auto value) {
    Writer writer;
    Cell cell;
    if constexpr (std::is_signed_v<decltype(value)>) {
      cell = writer.AddInt(value);
    } else {
      cell = writer.AddUint(value);
    }
    return Written(std::move(writer), cell);
  };
  EXPECT_EQ(written(int64_t{0}), "0");
  EXPECT_EQ(written(int64_t{-1}), "-1");
  EXPECT_EQ(written(Cell::kSmallIntMin), "-576460752303423488");
  EXPECT_EQ(written(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<int64_t>::max()), "9223372036854775807");
  EXPECT_EQ(written(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
}

TEST(JsonWriterTest, Doubles) {
  Writer writer;
  const std::vector<Cell> doubles = {writer.AddDouble(1.0), writer.AddDouble(-0.0),
                                     writer.AddDouble(1e16),
                                     writer.AddDouble(std::numeric_limits<double>::infinity())};
  const Cell array = writer.AddArray(doubles);
  EXPECT_EQ(Written(std::move(writer), array), "[1.0, -0.0, 1e+16, Infinity]");
}

TEST(JsonWriterTest, DatesBecomeStrings) {
  Writer writer;
  const std::vector<Cell> dates = {writer.AddDate(1), writer.AddDateTime(1, 0)};
  const Cell array = writer.AddArray(dates);
  EXPECT_EQ(Written(std::move(writer), array),
            R"(["0001-01-01", "0001-01-01T00:00:00.000001+00:00"])");
}

TEST(JsonWriterTest, PartsOfADocument) {
  const FileImage image = testing::Convert(testing::SampleManifest());
  const Document document = testing::Open(image);
  EXPECT_EQ(JsonOf(document, At(document, "values.11")), "[1, [2, [3]]]");
  EXPECT_EQ(JsonOf(document, At(document, "sources.source.shop.raw.orders.fqn")),
            R"(["shop", "raw", "orders"])");
  EXPECT_EQ(JsonOf(document, At(document, "values.9")), "[]");
  EXPECT_EQ(JsonOf(document, At(document, "values.10")), "{}");
}

TEST(JsonWriterTest, SharedSubtreesAreWrittenEachTime) {
  const std::string shared =
      R"({"columns": {"id": {"name": "id", "description": "the key", "tags": ["a", "b", "c"]}}})";
  std::string json = R"({"nodes": {)";
  for (int i = 0; i < 2'000; ++i) {
    if (i != 0) json += ", ";
    json.append("\"model.").append(std::to_string(i)).append(R"(": [)");
    json.append(shared).append(", ").append(shared).append("]");
  }
  json += "}}";
  const FileImage image = testing::Convert(json);
  EXPECT_LT(image.bytes().size(), json.size() / 2);
  EXPECT_EQ(JsonOf(testing::Open(image)), json);
}

// --- hostile files ---

// An array of two equal arrays of two equal arrays ..., `levels` deep.
FileImage Doubling(int levels, uint64_t value_count) {
  Writer writer;
  Cell cell = Cell::String(writer.AddString("a leaf long enough to be worth remembering"));
  for (int i = 0; i < levels; ++i) {
    const std::vector<Cell> twice = {cell, cell};
    cell = writer.AddArray(twice);
  }
  const StringId key = writer.AddString("v");
  const Cell root = writer.AddObject({&key, 1}, {&cell, 1});
  return testing::FinishWithoutResources(std::move(writer), root, {.value_count = value_count});
}

TEST(JsonWriterHostileTest, UnfoldsNoMoreThanTheHeaderSays) {
  for (const int levels : {20, 64, 1'000}) {
    const FileImage image = Doubling(levels, 100'000);
    EXPECT_EQ(MessageOf<FormatError>([&] { JsonOf(testing::Open(image)); }),
              "sample.fman: more values than the header says (damaged file)")
        << levels;
  }
}

TEST(JsonWriterHostileTest, UnfoldsAllThatTheHeaderSays) {
  // The root, and 2 + 4 + ... + 1,024 below the first array.
  const FileImage image = Doubling(10, 1 + 1 + 2'046);
  EXPECT_NO_THROW(JsonOf(testing::Open(image)));
}

TEST(JsonWriterHostileTest, NestsNoDeeperThanTheFormatAllows) {
  const FileImage image = Doubling(2 * kMaxDepth, 1 << 20);
  EXPECT_EQ(MessageOf<FormatError>([&] { JsonOf(testing::Open(image)); }),
            "sample.fman: containers are nested too deeply (damaged file)");
}

// Puts `damaged` in place of the first of the sample's values.
std::string WriteError(Cell damaged) {
  PatchedFile file;
  file.SetCell(At(file.Open(), "values").index(), damaged);
  const Document document = file.Open();
  return MessageOf<FormatError>([&] { JsonOf(document); });
}

TEST(JsonWriterHostileTest, AContainerThatHoldsItself) {
  const uint32_t first_value = At(PatchedFile().Open(), "values").index();
  EXPECT_EQ(WriteError(Cell::Array(1, first_value)),
            "sample.fman: more values than the header says (damaged file)");
}

TEST(JsonWriterHostileTest, UnknownKind) {
  EXPECT_EQ(WriteError(Cell::Make(static_cast<CellKind>(14), 0, 0)),
            "sample.fman: a value of unknown kind (damaged file)");
}

TEST(JsonWriterHostileTest, BigIntegerThatIsText) {
  PatchedFile file;
  const Cell text = At(file.Open(), "values.8");
  EXPECT_EQ(WriteError(Cell::Make(CellKind::kBigInt, 0, text.index())),
            "sample.fman: a large integer has no digits (damaged file)");
}

TEST(JsonWriterHostileTest, StringThatIsNotUtf8) {
  for (const std::string_view text : {"\xFF", "\xE2\x82", "\xED\xA0", "\xC0\xAF", "ok\x80"}) {
    EXPECT_EQ(MessageOf<FormatError>([&] { WrittenString(text); }),
              "sample.fman: a string is not UTF-8 (damaged file)");
  }
}

TEST(JsonWriterHostileTest, DatesThatPythonHasNot) {
  const auto written = [](auto add) {
    return MessageOf<FormatError>([&] {
      Writer writer;
      const Cell value = add(writer);
      Written(std::move(writer), value);
    });
  };
  EXPECT_EQ(written([](Writer& writer) { return writer.AddDate(0); }),
            "sample.fman: a date out of range (damaged file)");
  EXPECT_EQ(written([](Writer& writer) { return writer.AddDateTime(~uint64_t{0}, 0); }),
            "sample.fman: a datetime out of range (damaged file)");
  EXPECT_EQ(written([](Writer& writer) { return writer.AddDateTime(0, 200'000); }),
            "sample.fman: a time zone out of range (damaged file)");
}

}  // namespace
}  // namespace flatmanifest
