#include "convert/json_fault.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <string_view>

namespace flatmanifest {
namespace {

void ExpectFault(const JsonFault& fault, size_t offset, std::string_view what) {
  EXPECT_EQ(fault.offset, offset);
  EXPECT_EQ(fault.what, what);
}

// json_reader_test.cc tests the faults that simdjson finds; this file tests the others.

TEST(FindFaultTest, EmptyInput) {
  ExpectFault(FindFault("", simdjson::EMPTY), 0, "there is no JSON (empty input)");
  ExpectFault(FindFault(" \n", simdjson::TAPE_ERROR), 0, "there is no JSON (empty input)");
}

TEST(FindFaultTest, TooLarge) {
  ExpectFault(FindFault("{", simdjson::CAPACITY), 0,
              "over 4 GiB of JSON, more than can be converted");
}

TEST(FindFaultTest, Utf8CutShortAtTheEnd) {
  ExpectFault(FindFault("{\"a\": \"\xE2\x82", simdjson::UTF8_ERROR), 7, "invalid UTF-8");
}

TEST(FindFaultTest, AControlCharacterComesBeforeAnUnclosedString) {
  ExpectFault(FindFault("{\"a\nb", simdjson::UNCLOSED_STRING), 3,
              "control character in a string (it must be escaped)");
}

TEST(FindFaultTest, ControlCharactersBetweenStringsAreNone) {
  ExpectFault(FindFault("{\n\"a\": \"", simdjson::UNCLOSED_STRING), 7,
              "this string never ends (truncated JSON)");
}

TEST(FindFaultTest, OtherErrorsKeepSimdjsonsWords) {
  const JsonFault fault = FindFault("{}", simdjson::UNINITIALIZED);
  EXPECT_EQ(fault.offset, 0U);
  EXPECT_EQ(fault.what,
            std::string("not JSON: ") + simdjson::error_message(simdjson::UNINITIALIZED));
}

TEST(DescribeFaultTest, OffsetsBeyondTheTextAreItsEnd) {
  ExpectFault(DescribeFault("{[", 99, simdjson::TAPE_ERROR), 2,
              "the JSON ends within an array or object (truncated)");
}

TEST(DescribeFaultTest, NotANumber) {
  ExpectFault(DescribeFault("[-NaN]", 1, simdjson::NUMBER_ERROR), 1, "NaN has no sign");
  ExpectFault(DescribeFault("[-N]", 1, simdjson::NUMBER_ERROR), 1, "not a JSON number");
}

TEST(DescribeFaultTest, BracketsInStringsDoNotCount) {
  ExpectFault(DescribeFault(R"({"]}": "\"]}")", 0, simdjson::INCOMPLETE_ARRAY_OR_OBJECT), 13,
              "the JSON ends within an array or object (truncated)");
}

TEST(FindEscapeFaultTest, SkipsWhatIsRight) {
  const std::string_view text = R"({"a": "\"\\\/\b\f\n\r\t\u00fc\ud83d\ude80\v"})";
  ExpectFault(FindEscapeFault(text, 7), text.find("\\v"), "invalid escape in a string");
}

TEST(FindEscapeFaultTest, StopsWhereTheTextDoes) {
  ExpectFault(FindEscapeFault(R"("\)", 1), 1, "invalid escape in a string");
  ExpectFault(FindEscapeFault(R"("\ud83d\ude)", 1), 7, "invalid escape in a string");
  ExpectFault(FindEscapeFault("\"ab", 1), 1, "a string that cannot be read");
}

}  // namespace
}  // namespace flatmanifest
