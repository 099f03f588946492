#include "convert/json_reader.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/error.h"
#include "testing/large_stack.h"
#include "testing/message_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::JsonOf;
using testing::MessageOf;

struct Written {
  FileImage image;
  uint64_t value_count;
};

Written Read(std::string_view json) {
  const simdjson::padded_string padded(json);
  Writer writer;
  const ReadResult result = ReadJson(padded, "in.json", writer, nullptr);
  return {testing::FinishWithoutResources(std::move(writer), result.root,
                                          {.value_count = result.value_count}),
          result.value_count};
}

// The text that json.dumps gives for the values read.
std::string Reread(std::string_view json) {
  const Written written = Read(json);
  return JsonOf(testing::Open(written.image));
}

std::string ReadError(std::string_view json) {
  return MessageOf<ConvertError>([&] { Read(json); });
}

std::string Repeated(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

// --- what is read ---

TEST(JsonReaderTest, KeepsEveryKindOfValue) {
  const std::string json =
      R"({"null": null, "false": false, "true": true, "int": -7, "float": 1.5, "text": "a", )"
      R"("array": [1, [], {}], "object": {"": {}}})";
  EXPECT_EQ(Reread(json), json);
}

TEST(JsonReaderTest, SpaceMayStandAnywhere) {
  EXPECT_EQ(Reread(" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } }\n "), R"({"a": [1, 2], "b": {}})");
}

TEST(JsonReaderTest, CountsEveryValue) {
  EXPECT_EQ(Read("{}").value_count, 1U);
  EXPECT_EQ(Read(R"({"a": [1, 2], "b": {"c": null}})").value_count, 6U);
  // The shared array counts each time it occurs.
  EXPECT_EQ(Read(R"({"a": [1, 2], "b": [1, 2]})").value_count, 7U);
  // A value that a later one of the same key replaces counts too: the count is an upper bound.
  EXPECT_EQ(Read(R"({"a": [1, 2], "a": null})").value_count, 5U);
  // An object that is not read again, because it has the text of the last one under its key, counts
  // too.
  EXPECT_EQ(Read(R"({"a": {"k": {"b": [1]}}, "c": {"k": {"b": [1]}}})").value_count, 9U);
}

TEST(JsonReaderTest, IntegersOfAnySizeStayIntegers) {
  for (const char* digits :
       {"0", "-1", "576460752303423487", "576460752303423488", "-576460752303423488",
        "-576460752303423489", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
        "-9223372036854775809", "18446744073709551615", "18446744073709551616"}) {
    const std::string json = std::string(R"({"a": )") + digits + "}";
    EXPECT_EQ(Reread(json), json);
  }
  for (int length = 20; length <= 100; ++length) {
    for (const char* sign : {"", "-"}) {
      const std::string digits = sign + Repeated("9", length);
      EXPECT_EQ(Reread(R"({"a": )" + digits + " }"), R"({"a": )" + digits + "}");
      EXPECT_EQ(Reread(R"({"a": [)" + digits + "\n, 1]}"), R"({"a": [)" + digits + ", 1]}");
    }
  }
}

TEST(JsonReaderTest, MinusZeroIsZeroAsAnIntegerOnly) {
  EXPECT_EQ(Reread(R"({"a": [-0, -0.0, -0e0]})"), R"({"a": [0, -0.0, -0.0]})");
}

TEST(JsonReaderTest, DoublesKeepTheirBits) {
  EXPECT_EQ(Reread(R"({"a": [1.0, 1e2, 5e-324, 1.7976931348623157e308, 0.1, 1E+2, 1e-400]})"),
            R"({"a": [1.0, 100.0, 5e-324, 1.7976931348623157e+308, 0.1, 100.0, 0.0]})");
}

TEST(JsonReaderTest, DoublesOfAnyLengthAreReadToTheNearest) {
  EXPECT_EQ(
      Reread(R"({"a": [0.1000000000000000055511151231257827021181583404541015625,
                             -752512354786513.341474, 123456789012345678901.5, 12345678901234567890e3,
                             9007199254740993.00000000000000000001, 1000000000.000000001,
                             0.00000000000000000000000000000000001,
                             1797693134862315700000000000000000000000000000000000000000000000e245,
                             4.9406564584124654417656879286822137236505980e-324,
                             2.4703282292062327208828439643411068618252990e-324,
                             -0.000000000000000000000000000000000000000001e-400]})"),
      "{\"a\": [0.1, -752512354786513.4, 1.2345678901234568e+20, 1.2345678901234568e+22, "
      "9007199254740994.0, 1000000000.0, 1e-35, 1.7976931348623157e+308, 5e-324, 0.0, -0.0]}");
}

// Python's json, and so dbt, reads and writes them.
TEST(JsonReaderTest, NanAndInfinityAreNumbers) {
  const std::string json =
      R"({"a": NaN, "b": [Infinity, -Infinity, NaN], "c": {"d": NaN}, "e": {"d": NaN}, "f": -Infinity})";
  EXPECT_EQ(Reread(json), json);
  EXPECT_EQ(Reread("{\"a\":\tNaN\n,\"b\":-Infinity }"), R"({"a": NaN, "b": -Infinity})");
  EXPECT_EQ(Reread(R"({"NaN": "NaN", "Infinity": 1})"), R"({"NaN": "NaN", "Infinity": 1})");
}

TEST(JsonReaderTest, DoublesBeyondTheRangeAreInfinite) {
  EXPECT_EQ(Reread(R"({"a": [1e400, -1e400, 1.8e308, 123456789012345678901234567890e300]})"),
            R"({"a": [Infinity, -Infinity, Infinity, Infinity]})");
}

TEST(JsonReaderTest, SurrogatesMayStandAlone) {
  for (const char* json : {
           R"({"a": "x\ud83d"})",
           R"({"a": "\ud83dx\ude80"})",
           R"({"a": "x\ude80"})",
           R"({"a": "\ude80\ud83d"})",
           R"({"a": "\ud83d\ud83d\ude80\n\"\\"})",
           R"({"a": "\ud83d\u00fc\u20ac"})",
           R"({"\ude80": 1, "\ud83d": {"\ude80": "\ude80"}})",
       }) {
    EXPECT_EQ(Reread(json), json);
  }
  EXPECT_EQ(Reread("{\"a\": \"ü\\ud83d\\u0041\\/\\b\\f\\r\\t\"}"),
            R"({"a": "\u00fc\ud83dA/\b\f\r\t"})");
}

TEST(JsonReaderTest, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(Reread("\xEF\xBB\xBF{\"a\": \"\xEF\xBB\xBF\"}"), R"({"a": "\ufeff"})");
}

TEST(JsonReaderTest, IntegersHaveAsManyDigitsAsPythonReads) {
  const std::string most = Repeated("9", 4'300);
  for (const char* sign : {"", "-"}) {
    const std::string json = R"({"a": )" + (sign + most) + "}";
    EXPECT_EQ(Reread(json), json);
    EXPECT_EQ(ReadError(R"({"a": )" + (sign + most) + "9}"),
              "in.json: byte 6: an integer of more than 4300 digits, which Python does not read "
              "either");
  }
}

TEST(JsonReaderTest, ResolvesEscapes) {
  EXPECT_EQ(Reread(R"({"\u0061": "\"\\\/\b\f\n\r\t\u00fc\u20AC\ud83d\ude80"})"),
            R"({"a": "\"\\/\b\f\n\r\t\u00fc\u20ac\ud83d\ude80"})");
  EXPECT_EQ(Reread("{\"a\": \"ü€🚀\x7f\"}"), R"({"a": "\u00fc\u20ac\ud83d\ude80\u007f"})");
  EXPECT_EQ(Reread(R"({"a\u0000b": "\u0000"})"), R"({"a\u0000b": "\u0000"})");
}

TEST(JsonReaderTest, OfEqualKeysTheLastValueWins) {
  EXPECT_EQ(Reread(R"({"a": 1, "b": 2, "\u0061": 3})"), R"({"a": 3, "b": 2})");
}

// Objects are first compared with the last object in the same place.
TEST(JsonReaderTest, ObjectsThatAreAlmostAlikeStayApart) {
  for (const char* json : {
           R"({"a": [{"k": "v"}, {"k": "v"}, {"k": "w"}, {"k": "vv"}, {"k": ""}, {"k": null}]})",
           R"({"a": [{"k": 1, "l": 2}, {"k": 1}, {"k": 1, "l": 2, "m": 3}, {"l": 2, "k": 1}, {}]})",
           R"({"a": [{}, {"k": 1}, {}, {"": ""}]})",
           R"({"a": [{"k": "v\"w"}, {"k": "v"}, {"k": "v\\"}, {"k": "v\"w"}]})",
           R"({"a": [{"k\n": 1}, {"k": 1}, {"k\n": 1}], "b": {"k\n": 1}, "c": {"k": 1}})",
           R"({"a": {"x": {"y": "z"}}, "b": {"x": {"y": "z"}}, "c": {"x": {"y": ["z"]}}})",
       }) {
    EXPECT_EQ(Reread(json), json);
  }
  EXPECT_EQ(Reread(R"({"a": [{"k": 1, "l": 2}, {"k": 1, "k": 2}, {"k": 1, "l": 2, "k": 3}]})"),
            R"({"a": [{"k": 1, "l": 2}, {"k": 2}, {"k": 3, "l": 2}]})");
  EXPECT_EQ(Reread(R"({"a": [{"k": "v"}, {"\u006b": "\u0076"}, {"k": "v"}]})"),
            R"({"a": [{"k": "v"}, {"k": "v"}, {"k": "v"}]})");
}

TEST(JsonReaderTest, LongStringsAreReadWhole) {
  const std::string json = R"({"a": ")" + Repeated("long \\n text ", 100'000) + R"("})";
  EXPECT_EQ(Reread(json), json);
}

TEST(JsonReaderTest, ReportsProgress) {
  const std::string json = R"({"a": [)" + Repeated("[],", 100'000) + "[]]}";
  const simdjson::padded_string padded(json);
  Writer writer;
  std::vector<size_t> done;
  ReadJson(padded, "in.json", writer, [&](size_t bytes, size_t total) {
    EXPECT_EQ(total, json.size());
    done.push_back(bytes);
  });
  ASSERT_GE(done.size(), 2U);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_LE(done.back(), json.size());
}

TEST(JsonReaderTest, NamesThePlaceFromWhichTheFileWouldBeTooLarge) {
  // The second of two strings that do not fit together; the reader stands after it.
  const std::string json =
      R"({"a": ")" + Repeated("a", 3'000) + R"(", "b": ")" + Repeated("b", 3'000) + R"("})";
  const simdjson::padded_string padded(json);
  Writer writer(json.size(), 4096 + 5'000);
  EXPECT_EQ(MessageOf<ConvertError>([&] { ReadJson(padded, "in.json", writer, nullptr); }),
            "in.json: byte " + std::to_string(json.size() - 1) +
                ": the manifest would make a file over 2 GiB, more than the format's 32-bit "
                "offsets reach; nothing was written");
}

// --- nesting ---

std::string NestedArrays(int depth) {
  // The root is the first level.
  return R"({"a": )" + Repeated("[", depth - 1) + Repeated("]", depth - 1) + "}";
}

std::string NestedObjects(int depth) {
  return Repeated(R"({"a": )", depth) + "1" + Repeated("}", depth);
}

TEST(JsonReaderNestingTest, AsDeepAsTheFormatGoes) {
  testing::OnLargeStack([] {
    EXPECT_EQ(Reread(NestedArrays(kMaxDepth)), NestedArrays(kMaxDepth));
    EXPECT_EQ(Reread(NestedObjects(kMaxDepth)), NestedObjects(kMaxDepth));
  });
}

TEST(JsonReaderNestingTest, AnyDeeperIsRefused) {
  testing::OnLargeStack([] {
    for (const int depth : {kMaxDepth + 1, 100'000}) {
      // The bracket of the first level beyond the limit.
      EXPECT_EQ(ReadError(NestedArrays(depth)), "in.json: byte 1029: nested more than 1024 deep");
      EXPECT_EQ(ReadError(NestedObjects(depth)), "in.json: byte 6144: nested more than 1024 deep");
    }
  });
}

TEST(JsonReaderNestingTest, ARepetitionMayBeTooDeepWhereItStands) {
  testing::OnLargeStack([] {
    const int depth = kMaxDepth - 4;  // of the arrays: the repetition's first array is the last one
    const std::string begin =
        R"({"k": {"v": [[1]]}, "deep": )" + Repeated("[", depth) + R"({"k": {"v": [)";
    EXPECT_EQ(ReadError(begin + "[1]]}}" + Repeated("]", depth) + "}"),
              "in.json: byte " + std::to_string(begin.size()) + ": nested more than 1024 deep");
  });
}

TEST(JsonReaderNestingTest, DeepInputThatNeverCloses) {
  const std::string json = R"({"a": )" + Repeated("[", 100'000);
  EXPECT_EQ(ReadError(json),
            "in.json: byte 100006: the JSON ends within an array or object (truncated)");
}

// --- what is refused, and where the fault is ---

struct BadJson {
  std::string name;
  std::string json;
  size_t offset;
  std::string what;  // empty: simdjson's words, which depend on its version
};

std::ostream& operator<<(std::ostream& out, const BadJson& bad) { return out << bad.name; }

class JsonReaderErrorTest : public ::testing::TestWithParam<BadJson> {};

TEST_P(JsonReaderErrorTest, NamesTheByte) {
  const std::string message = ReadError(GetParam().json);
  const std::string expected =
      "in.json: byte " + std::to_string(GetParam().offset) + ": " +
      (GetParam().what.empty() ? std::string("not JSON: ") : GetParam().what);
  if (GetParam().what.empty()) {
    EXPECT_EQ(message.substr(0, expected.size()), expected) << message;
  } else {
    EXPECT_EQ(message, expected);
  }
}

constexpr char kEmpty[] = "there is no JSON (empty input)";
constexpr char kNoManifest[] = "not a dbt manifest: the document is not an object";
constexpr char kTruncated[] = "the JSON ends within an array or object (truncated)";
constexpr char kUnclosed[] = "this string never ends (truncated JSON)";
constexpr char kControl[] = "control character in a string (it must be escaped)";
constexpr char kEscape[] = "invalid escape in a string";
constexpr char kNumber[] = "not a JSON number";
constexpr char kUtf16[] =
    "the text is UTF-16, and manifests are read as UTF-8; convert it first (iconv -f UTF-16 -t "
    "UTF-8)";
constexpr char kUtf32[] =
    "the text is UTF-32, and manifests are read as UTF-8; convert it first (iconv -f UTF-32 -t "
    "UTF-8)";
constexpr char kWord[] = "not JSON: a word other than true, false and null";
constexpr char kBracket[] = "not JSON: this bracket closes nothing that is open";
constexpr char kMore[] = "more text after the end of the JSON document";
constexpr char kUtf8[] = "invalid UTF-8";

const std::vector<BadJson> kBadJson = {
    {"Nothing", "", 0, kEmpty},
    {"OnlySpace", " \n\t\r ", 0, kEmpty},
    {"Gzip", "\x1f\x8b\x08", 1, kUtf8},
    {"RootArray", "[1]", 0, kNoManifest},
    {"RootString", "\"a\"", 0, kNoManifest},
    {"RootNumber", "1", 0, kNoManifest},
    {"RootNull", "null", 0, kNoManifest},
    {"RootAfterSpace", "  [1]", 2, kNoManifest},
    {"InvalidUtf8", "{\"a\": \"\xFF\"}", 7, kUtf8},
    {"InvalidUtf8InAKey", "{\"\xC3\": 1}", 2, kUtf8},
    {"InvalidUtf8OutsideStrings", "{\"a\": \xFF}", 6, kUtf8},
    {"OverlongUtf8", "{\"a\": \"ü\xC0\xAF\"}", 9, kUtf8},
    {"Utf8Surrogate", "{\"a\": \"\xED\xA0\x80\"}", 7, kUtf8},
    {"Utf8BeyondUnicode", "{\"a\": \"\xF4\x90\x80\x80\"}", 7, kUtf8},
    {"UnknownEscape", R"({"a": "x\q"})", 8, kEscape},
    {"EscapeOfTooFewDigits", R"({"a": "x\u12"})", 8, kEscape},
    {"EscapeOfOtherDigits", R"({"a": "x\u12g4"})", 8, kEscape},
    {"EscapeOfASignedNumber", R"({"a": "x\u-123"})", 8, kEscape},
    {"EscapeAfterGoodOnes", R"({"a": "\n\u00fc\ud83d\ude80\x"})", 27, kEscape},
    {"MinusNan", R"({"a": -NaN})", 6, "NaN has no sign"},
    {"NanWithATail", R"({"a": NaNs})", 6, ""},
    {"InfinityCutShort", R"({"a": Infinit})", 6, ""},
    {"InfinityInSmallLetters", R"({"a": -infinity})", 6, kNumber},
    {"PlusInfinity", R"({"a": +Infinity})", 6, ""},
    {"NumberTooLargeAndMalformed", R"({"a": 01e400})", 6, kNumber},
    {"EscapeAfterASurrogate", R"({"a": "\ud83d\x"})", 13, kEscape},
    {"EscapeInAKeyAfterASurrogate", R"({"\ude80\u12": 1})", 8, kEscape},
    {"FaultBehindAByteOrderMark", "\xEF\xBB\xBF{\"a\": tru}", 9, kWord},
    {"ByteOrderMarkAlone", "\xEF\xBB\xBF", 3, kEmpty},
    {"ByteOrderMarkTwice", "\xEF\xBB\xBF\xEF\xBB\xBF{}", 3, ""},
    {"Utf16WithAMark", std::string("\xFF\xFE{\0}\0", 6), 0, kUtf16},
    {"Utf16WithAMarkBigEndian", std::string("\xFE\xFF\0{\0}", 6), 0, kUtf16},
    {"Utf16", std::string("{\0}\0", 4), 0, kUtf16},
    {"Utf16BigEndian", std::string("\0{\0}", 4), 0, kUtf16},
    {"Utf32WithAMark", std::string("\xFF\xFE\0\0{\0\0\0", 8), 0, kUtf32},
    {"Utf32WithAMarkBigEndian", std::string("\0\0\xFE\xFF\0\0\0{", 8), 0, kUtf32},
    {"Utf32", std::string("{\0\0\0}\0\0\0", 8), 0, kUtf32},
    {"Utf32BigEndian", std::string("\0\0\0{\0\0\0}", 8), 0, kUtf32},
    {"NewlineInAString", "{\"a\": \"x\ny\"}", 8, kControl},
    {"NulInAString", std::string("{\"a\": \"x\0y\"}", 12), 8, kControl},
    {"ControlCharacterInAKey", "{\"a\": 1, \"\x1f\": 2}", 10, kControl},
    {"UnclosedString", R"({"a": "x})", 6, kUnclosed},
    {"UnclosedStringAfterAnEscapedQuote", R"({"a": "x\"})", 6, kUnclosed},
    {"UnclosedKey", R"({"a": 1, "b)", 9, kUnclosed},
    {"TrailingCommaInAnArray", R"({"a": [1,]})", 9, ""},
    {"TrailingCommaInAnObject", R"({"a": 1,})", 8, ""},
    {"CommaAlone", "{,}", 1, ""},
    {"TwoCommas", R"({"a": 1,,"b": 2})", 8, ""},
    {"NoComma", R"({"a": [1 2]})", 9, ""},
    {"NoCommaBetweenMembers", R"({"a": 1 "b": 2})", 8, ""},
    {"NoColon", R"({"a" 1})", 5, ""},
    {"NoValue", R"({"a": })", 6, ""},
    {"NoKey", "{: 1}", 1, ""},
    {"KeyAlone", R"({"a"})", 4, ""},
    {"KeyWithoutQuotes", "{a: 1}", 1, ""},
    {"KeyThatIsANumber", "{1: 1}", 1, ""},
    {"SingleQuotes", "{'a': 1}", 1, ""},
    {"Comment", "{/* */}", 1, ""},
    {"NoEnd", R"({"a": 1)", 7, kTruncated},
    {"NoEndOfTheRoot", R"({"a": {"b": 1})", 14, kTruncated},
    {"NoEndOfAnArray", R"({"a": [1})", 8, ""},
    {"AnotherEnd", R"({"a": 1])", 7, kBracket},
    {"EndsCrossed", R"({"a": [}])", 7, kBracket},
    {"BracketInAString", R"({"a": "}\"]")", 12, kTruncated},
    {"SecondDocument", "{} {}", 3, kMore},
    {"TrailingWord", "{}\nx", 3, kMore},
    {"TrailingBracket", "{}}", 2, kMore},
    {"TrailingNul", std::string("{}\0", 3), 2, kMore},
    {"LeadingZero", R"({"a": 01})", 6, kNumber},
    {"LeadingZeroOfABigInteger", R"({"a": 0123456789012345678901234567890})", 6, kNumber},
    {"MinusAlone", R"({"a": -})", 6, kNumber},
    {"MinusTwice", R"({"a": --1})", 6, kNumber},
    {"NothingAfterThePoint", R"({"a": 1.})", 6, kNumber},
    {"NothingAfterTheExponent", R"({"a": 1e})", 6, kNumber},
    {"NothingBeforeThePoint", R"({"a": .5})", 6, ""},
    {"PlusSign", R"({"a": +5})", 6, ""},
    {"HexadecimalNumber", R"({"a": 0x10})", 6, kNumber},
    {"NumberWithATail", R"({"a": 12345678901234567890123x})", 6, kNumber},
    {"WordCutShort", R"({"a": tru})", 6, kWord},
    {"WordTooLong", R"({"a": nullx})", 6, kWord},
    {"WordMisspelt", R"({"a": [falsy]})", 7, kWord},
    {"WordCapitalized", R"({"a": True})", 6, ""},
};

INSTANTIATE_TEST_SUITE_P(All, JsonReaderErrorTest, ::testing::ValuesIn(kBadJson),
                         [](const auto& test) { return test.param.name; });

TEST(JsonReaderTest, RefusesTextThatIsNoJson) {
  // simdjson's version decides whether this is no JSON, or no object.
  EXPECT_EQ(ReadError("hello").substr(0, 21), "in.json: byte 0: not ");
}

TEST(JsonReaderTruncationTest, AtEveryByte) {
  const std::string json =
      R"({"a": [1, {"b": "x\"y", "c": null}, true], "d": {"e": -1.5e3, "\u00fc": []}})";
  ASSERT_NO_THROW(Read(json));
  for (size_t length = 0; length < json.size(); ++length) {
    const std::string part = json.substr(0, length);
    // The beginning of the string in which the text ends, if it ends in one.
    size_t quote = std::string::npos;
    for (size_t i = 0; i < length; ++i) {
      if (part[i] == '\\') {
        ++i;
      } else if (part[i] == '"') {
        quote = quote == std::string::npos ? i : std::string::npos;
      }
    }
    std::string expected = "in.json: byte ";
    if (length == 0) {
      expected += std::string("0: ") + kEmpty;
    } else if (quote != std::string::npos) {
      expected += std::to_string(quote) + ": " + kUnclosed;
    } else {
      expected += std::to_string(length) + ": " + kTruncated;
    }
    EXPECT_EQ(ReadError(part), expected) << part;
  }
}

}  // namespace
}  // namespace flatmanifest
