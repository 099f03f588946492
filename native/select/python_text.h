// Text functions of Python: dbt's selectors are defined by str, re and fnmatch, which work on code
// points and on Unicode character classes. All strings are UTF-8 that may contain lone surrogates
// (format/text.h).

#ifndef FLATMANIFEST_SELECT_PYTHON_TEXT_H_
#define FLATMANIFEST_SELECT_PYTHON_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest {

// The code point at `text[at]`; moves `at` behind it. A byte that is not UTF-8 is one code point.
char32_t NextWideCodePoint(std::string_view text, size_t& at);
inline char32_t NextCodePoint(std::string_view text, size_t& at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte >= 0x80) return NextWideCodePoint(text, at);
  ++at;
  return byte;
}

// re's \w: a letter, digit or other number of any script, or "_".
bool IsWordCharacter(char32_t c);

// The value of re's \d, a decimal digit of any script; -1 for other characters.
int DecimalDigit(char32_t c);

// str.split(separator), for a separator of one character. Never empty.
std::vector<std::string_view> Split(std::string_view text, char separator);

// Whether two strings have the same str.upper(). Exact for ASCII strings, and for others unless a
// non-ASCII character has an upper case of ASCII characters (except the few that do and are known
// here).
bool EqualUpper(std::string_view a, std::string_view b);

// repr() of a str that needs no escapes except for quotes and control characters.
std::string Repr(std::string_view text);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_PYTHON_TEXT_H_
