#include "convert/json_fault.h"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <charconv>
#include <cstdint>
#include <optional>
#include <system_error>

namespace flatmanifest {

namespace {

namespace utf = boost::locale::utf;

constexpr std::string_view kSpace = " \t\r\n";

size_t FindInvalidUtf8(std::string_view text) {
  for (auto at = text.begin(); at != text.end();) {
    const auto character = at;
    const utf::code_point point = utf::utf_traits<char>::decode(at, text.end());
    if (point == utf::illegal || point == utf::incomplete) return character - text.begin();
  }
  return text.size();
}

struct StringFault {
  size_t unescaped_control;  // first control character within a string, or npos
  size_t unclosed_quote;     // the quote of a string that never ends, or npos
};

StringFault FindStringFault(std::string_view text) {
  constexpr size_t kNone = std::string_view::npos;
  size_t quote = kNone;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '"') {
      quote = quote == kNone ? i : kNone;
    } else if (quote != kNone && byte == '\\') {
      ++i;
    } else if (quote != kNone && byte < 0x20) {
      return {i, kNone};
    }
  }
  return {kNone, quote};
}

// Which bracket is the wrong one, where simdjson only says that they do not match up. Strings end.
JsonFault FindNestingFault(std::string_view text) {
  std::string expected;  // the closing brackets to come, innermost last
  bool begun = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (kSpace.find(text[i]) != std::string_view::npos) continue;
    if (begun && expected.empty()) return {i, "more text after the end of the JSON document"};
    switch (text[i]) {
      case '{':
      case '[':
        expected += text[i] == '{' ? '}' : ']';
        begun = true;
        break;
      case '}':
      case ']':
        if (expected.empty() || expected.back() != text[i]) {
          return {i, "not JSON: this bracket closes nothing that is open"};
        }
        expected.pop_back();
        break;
      case '"':
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
        }
        break;
      default:
        break;
    }
  }
  return {text.size(), "the JSON ends within an array or object (truncated)"};
}

// The code unit of the \uXXXX at `offset`, if there is one.
std::optional<uint16_t> UnicodeEscape(std::string_view text, size_t offset) {
  constexpr size_t kLength = 6;
  const std::string_view escape = text.substr(std::min(offset, text.size()), kLength);
  if (escape.size() < kLength || !escape.starts_with("\\u")) return std::nullopt;
  uint16_t unit = 0;
  const char* const end = escape.data() + kLength;
  const auto [stopped, error] = std::from_chars(escape.data() + 2, end, unit, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return unit;
}

bool IsNanOrInfinity(std::string_view at) {
  if (at.starts_with('-')) at.remove_prefix(1);
  return at.starts_with("NaN") || at.starts_with("Infinity");
}

}  // namespace

JsonFault FindFault(std::string_view text, simdjson::error_code error) {
  const bool blank = text.find_first_not_of(kSpace) == std::string_view::npos;
  if (error == simdjson::EMPTY || blank) return {0, "there is no JSON (empty input)"};
  if (error == simdjson::CAPACITY) return {0, "over 4 GiB of JSON, more than can be converted"};
  if (error == simdjson::UTF8_ERROR) return {FindInvalidUtf8(text), "invalid UTF-8"};
  const StringFault fault = FindStringFault(text);
  if (fault.unescaped_control != std::string_view::npos) {
    return {fault.unescaped_control, "control character in a string (it must be escaped)"};
  }
  if (fault.unclosed_quote != std::string_view::npos) {
    return {fault.unclosed_quote, "this string never ends (truncated JSON)"};
  }
  return {0, std::string("not JSON: ") + simdjson::error_message(error)};
}

JsonFault DescribeFault(std::string_view text, size_t offset, simdjson::error_code error) {
  offset = std::min(offset, text.size());
  if (IsNanOrInfinity(text.substr(offset))) return {offset, "NaN and Infinity are not JSON"};
  if (offset == text.size()) return FindNestingFault(text);
  switch (error) {
    case simdjson::NUMBER_ERROR:
      return {offset, "not a JSON number, or one beyond the range of a double"};
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
    case simdjson::OUT_OF_BOUNDS:
      return FindNestingFault(text);
    case simdjson::T_ATOM_ERROR:
    case simdjson::F_ATOM_ERROR:
    case simdjson::N_ATOM_ERROR:
    case simdjson::INCORRECT_TYPE:  // what simdjson calls an atom that only begins like one
      return {offset, "not JSON: a word other than true, false and null"};
    default:
      return {offset, std::string("not JSON: ") + simdjson::error_message(error)};
  }
}

JsonFault FindEscapeFault(std::string_view text, size_t begin) {
  size_t at = begin;
  while (at < text.size() && text[at] != '"') {
    if (text[at] != '\\') {
      ++at;
    } else if (const auto unit = UnicodeEscape(text, at)) {
      const bool high = *unit >= 0xD800 && *unit < 0xDC00;
      const bool low = *unit >= 0xDC00 && *unit < 0xE000;
      const auto next = high ? UnicodeEscape(text, at + 6) : std::nullopt;
      const bool pair = next && *next >= 0xDC00 && *next < 0xE000;
      if (low || (high && !pair)) return {at, "a UTF-16 surrogate without its partner"};
      at += pair ? 12 : 6;
    } else {
      constexpr std::string_view kSimpleEscapes = "\"\\/bfnrt";
      const bool simple =
          at + 1 < text.size() && kSimpleEscapes.find(text[at + 1]) != std::string_view::npos;
      if (!simple) return {at, "invalid escape in a string"};
      at += 2;
    }
  }
  return {begin, "a string that cannot be read"};
}

}  // namespace flatmanifest
