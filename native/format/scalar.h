// Which numbers, dates and times a file may hold: those that Python has. A cell that is none of
// them is damage, and whatever reads it says so in the same words.

#ifndef FLATMANIFEST_FORMAT_SCALAR_H_
#define FLATMANIFEST_FORMAT_SCALAR_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "format/document.h"

namespace flatmanifest {

// As many digits as Python reads of an integer (sys.int_info.default_max_str_digits).
inline constexpr size_t kMaxDigits = 4'300;
inline constexpr int kSecondsPerDay = 86'400;
inline constexpr uint64_t kMicrosecondsPerDay = uint64_t{kSecondsPerDay} * 1'000'000;
inline constexpr uint32_t kLastDay = 3'652'059;  // datetime.date.max, 9999-12-31

// Whether `token` is a JSON integer: an optional '-', then digits without a leading zero.
bool IsInteger(std::string_view token);
// Digits of a JSON number, its sign aside.
size_t DigitCount(std::string_view integer);

// The digits of a kBigInt. Throws FormatError unless it is an integer of at most kMaxDigits.
std::string_view BigInt(const Document& document, Cell cell);

// Throw FormatError for a date or datetime that Python has not.
void CheckDate(const Document& document, uint32_t ordinal);
void CheckDateTime(const Document& document, uint64_t microseconds, uint32_t zone);

// All of that for any cell that is no container; strings are not looked at. Throws FormatError,
// also for a cell of unknown kind and for a number that lies outside the file.
void CheckScalar(const Document& document, Cell cell);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_SCALAR_H_
