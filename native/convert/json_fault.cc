#include "convert/json_fault.h"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <optional>
#include <string>

#include "convert/json_string.h"

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

// Finds the wrong bracket, where simdjson only says that brackets do not match. Strings are closed.
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

// Python's json reads NaN, but refuses it with a sign.
bool IsNanWithSign(std::string_view at) { return at.starts_with("-NaN"); }

// "UTF-16" or "UTF-32", "" for others.
std::string_view OtherEncoding(std::string_view text) {
  using namespace std::string_view_literals;
  if (text.starts_with("\0\0\xFE\xFF"sv) || text.starts_with("\xFF\xFE\0\0"sv)) return "UTF-32";
  if (text.starts_with("\xFE\xFF"sv) || text.starts_with("\xFF\xFE"sv)) return "UTF-16";
  // JSON begins with two ASCII characters, unless it is one digit, and contains no null.
  const std::string_view first = text.substr(0, 4);
  switch (std::count(first.begin(), first.end(), '\0')) {
    case 3:
      return "UTF-32";
    case 2:
      return first[0] == '\0' || first[1] == '\0' ? "UTF-16" : "";
    default:
      return "";
  }
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
  if (IsNanWithSign(text.substr(offset))) return {offset, "NaN has no sign"};
  if (offset == text.size()) return FindNestingFault(text);
  switch (error) {
    case simdjson::NUMBER_ERROR:
      return {offset, "not a JSON number"};
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

std::optional<std::string> EncodingFault(std::string_view text) {
  const std::string_view encoding = OtherEncoding(text);
  if (encoding.empty()) return std::nullopt;
  return std::string("the text is ")
      .append(encoding)
      .append(", and manifests are read as UTF-8; convert it first (iconv -f ")
      .append(encoding)
      .append(" -t UTF-8)");
}

JsonFault FindEscapeFault(std::string_view text, size_t begin) {
  size_t at = begin;
  while (at < text.size() && text[at] != '"') {
    if (text[at] != '\\') {
      ++at;
    } else if (UnicodeEscape(text, at)) {
      at += 6;
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
