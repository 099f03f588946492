// JSON strings that simdjson does not read: those with a lone surrogate.

#ifndef FLATMANIFEST_CONVERT_JSON_STRING_H_
#define FLATMANIFEST_CONVERT_JSON_STRING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flatmanifest {

// The code unit of the \uXXXX at `offset`, if there is one.
std::optional<uint16_t> UnicodeEscape(std::string_view text, size_t offset);

// The string whose first character is at `begin`, behind the opening quote, as Python's json reads
// it. Escaped surrogates that make a pair become one character; others stay (format/text.h).
// Nothing if it has an escape that JSON does not have.
std::optional<std::string> Unescaped(std::string_view text, size_t begin);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_STRING_H_
