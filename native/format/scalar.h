// The numbers, dates and times that a file may hold: those that Python has. Any other cell is
// damage, and all readers report it in the same words.

#ifndef FLATMANIFEST_FORMAT_SCALAR_H_
#define FLATMANIFEST_FORMAT_SCALAR_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "format/document.h"

namespace flatmanifest {

// The most digits of an integer that Python reads (sys.int_info.default_max_str_digits).
inline constexpr size_t kMaxDigits = 4'300;
inline constexpr int kSecondsPerDay = 86'400;
inline constexpr uint64_t kMicrosecondsPerDay = uint64_t{kSecondsPerDay} * 1'000'000;
inline constexpr uint32_t kLastDay = 3'652'059;  // datetime.date.max, 9999-12-31

// Whether `token` is a JSON integer: an optional '-', then digits without a leading zero.
bool IsInteger(std::string_view token);
// The number of digits of a JSON integer, without its sign.
size_t DigitCount(std::string_view integer);

// The digits of a kBigInt. Throws FormatError unless it is an integer of at most kMaxDigits.
std::string_view BigInt(const Document& document, Cell cell);

// Throw FormatError for a date or datetime that Python does not have.
void CheckDate(const Document& document, uint32_t ordinal);
void CheckDateTime(const Document& document, uint64_t microseconds, uint32_t zone);

// Runs the checks above for any cell that is no container; strings are not checked. Throws
// FormatError, also for a cell of unknown kind and for a number outside the file.
void CheckScalar(const Document& document, Cell cell);

// Whether a value is a date or a datetime, or has one in it; the members `apart` of the value
// itself do not count. Throws FormatError as every walk does (WalkGuard).
bool HasDate(const Document& document, Cell value, std::span<const std::string> apart);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_SCALAR_H_
