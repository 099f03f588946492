#include "convert/json_string.h"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <charconv>
#include <iterator>
#include <system_error>

#include "format/text.h"

namespace flatmanifest {

namespace {

constexpr size_t kUnicodeEscapeSize = 6;
constexpr std::string_view kSimpleEscapes = "\"\\/bfnrt";
constexpr std::string_view kSimpleValues = "\"\\/\b\f\n\r\t";

// Appends the characters of the escapes at `at`, and moves `at` behind them.
void AppendUnit(std::string& out, uint16_t unit, std::string_view text, size_t& at) {
  at += kUnicodeEscapeSize;
  if (IsHighSurrogate(unit)) {
    const auto low = UnicodeEscape(text, at);
    if (low && IsLowSurrogate(*low)) {
      at += kUnicodeEscapeSize;
      const uint32_t point =
          0x10000 + ((unit - uint32_t{0xD800}) << 10) + (*low - uint32_t{0xDC00});
      boost::locale::utf::utf_traits<char>::encode(point, std::back_inserter(out));
      return;
    }
  }
  if (IsHighSurrogate(unit) || IsLowSurrogate(unit)) return AppendSurrogate(out, unit);
  boost::locale::utf::utf_traits<char>::encode(unit, std::back_inserter(out));
}

}  // namespace

std::optional<uint16_t> UnicodeEscape(std::string_view text, size_t offset) {
  const std::string_view escape = text.substr(std::min(offset, text.size()), kUnicodeEscapeSize);
  if (escape.size() < kUnicodeEscapeSize || !escape.starts_with("\\u")) return std::nullopt;
  uint16_t unit = 0;
  const char* const end = escape.data() + kUnicodeEscapeSize;
  const auto [stopped, error] = std::from_chars(escape.data() + 2, end, unit, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return unit;
}

std::optional<std::string> Unescaped(std::string_view text, size_t begin) {
  std::string out;
  for (size_t at = begin; at < text.size() && text[at] != '"';) {
    if (text[at] != '\\') {
      const size_t end = std::min(text.find_first_of("\"\\", at), text.size());
      out.append(text, at, end - at);
      at = end;
    } else if (const auto unit = UnicodeEscape(text, at)) {
      AppendUnit(out, *unit, text, at);
    } else {
      const size_t simple =
          at + 1 < text.size() ? kSimpleEscapes.find(text[at + 1]) : std::string_view::npos;
      if (simple == std::string_view::npos) return std::nullopt;
      out += kSimpleValues[simple];
      at += 2;
    }
  }
  return out;
}

}  // namespace flatmanifest
