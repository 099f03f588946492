#include "select/python_text.h"

#include <utf8proc.h>

#include "format/text.h"

namespace flatmanifest {

namespace {

utf8proc_category_t Category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

// A case where str.upper() differs from utf8proc's mapping of single characters, and which matters:
// ß.
void AppendUpper(std::u32string& upper, char32_t c) {
  if (c == U'ß') {
    upper += U"SS";
  } else {
    upper += static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c)));
  }
}

std::u32string Upper(std::string_view text) {
  std::u32string upper;
  for (size_t at = 0; at < text.size();) AppendUpper(upper, NextCodePoint(text, at));
  return upper;
}

}  // namespace

char32_t NextWideCodePoint(std::string_view text, size_t& at) {
  utf8proc_int32_t c = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at;
  const auto used = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size() - at), &c);
  if (used <= 0) {
    if (const auto surrogate = SurrogateAt(text, at)) {
      at += kSurrogateSize;
      return *surrogate;
    }
    return static_cast<unsigned char>(text[at++]);
  }
  at += static_cast<size_t>(used);
  return static_cast<char32_t>(c);
}

bool IsWordCharacter(char32_t c) {
  if (c < 0x80) {
    return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9') ||
           c == U'_';
  }
  switch (Category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

int DecimalDigit(char32_t c) {
  if (c < 0x80) return c >= U'0' && c <= U'9' ? static_cast<int>(c - U'0') : -1;
  if (Category(c) != UTF8PROC_CATEGORY_ND) return -1;
  // Decimal digits come in runs of ten that begin with zero, and runs may touch.
  int before = 0;
  while (Category(c - 1 - static_cast<char32_t>(before)) == UTF8PROC_CATEGORY_ND) ++before;
  return before % 10;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

bool EqualUpper(std::string_view a, std::string_view b) { return Upper(a) == Upper(b); }

std::string Repr(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  static constexpr char kHex[] = "0123456789abcdef";
  std::string repr(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      repr += '\\';
      repr += c;
    } else if (c == '\n') {
      repr += "\\n";
    } else if (c == '\t') {
      repr += "\\t";
    } else if (c == '\r') {
      repr += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      repr += "\\x";
      repr += kHex[byte >> 4];
      repr += kHex[byte & 0xF];
    } else {
      repr += c;
    }
  }
  return repr += quote;
}

}  // namespace flatmanifest
