#include "convert/json_fault.h"

#include <algorithm>
#include <boost/locale/utf.hpp>

namespace flatmanifest {

namespace {

namespace utf = boost::locale::utf;

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

bool IsNanOrInfinity(std::string_view at) {
  if (at.starts_with('-')) at.remove_prefix(1);
  return at.starts_with("NaN") || at.starts_with("Infinity");
}

}  // namespace

JsonFault FindFault(std::string_view text, simdjson::error_code error) {
  const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
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
  switch (error) {
    case simdjson::STRING_ERROR:
      return {offset, "invalid escape in a string, or a UTF-16 surrogate without its partner"};
    case simdjson::NUMBER_ERROR:
      return {offset, "not a JSON number, or one beyond the range of a double"};
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
    case simdjson::OUT_OF_BOUNDS:
      return {text.size(), "the JSON ends within an array or object (truncated)"};
    default:
      return {offset, std::string("not JSON: ") + simdjson::error_message(error)};
  }
}

}  // namespace flatmanifest
