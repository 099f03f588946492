// Strings of a file: UTF-8 that may contain lone surrogates.
//
// JSON can name half of a UTF-16 pair ("\ud83d"), and Python's str can hold it. A lone surrogate is
// stored as the three bytes that UTF-8 would have for its code point (Python's "surrogatepass").

#ifndef FLATMANIFEST_FORMAT_TEXT_H_
#define FLATMANIFEST_FORMAT_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flatmanifest {

inline constexpr size_t kSurrogateSize = 3;

constexpr bool IsHighSurrogate(uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool IsLowSurrogate(uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// The surrogate at `text[at]`, which takes kSurrogateSize bytes; nothing if there is none.
std::optional<uint16_t> SurrogateAt(std::string_view text, size_t at);

void AppendSurrogate(std::string& text, uint16_t unit);

// Whether the bytes are such text. Linear.
bool IsText(std::string_view bytes);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_TEXT_H_
