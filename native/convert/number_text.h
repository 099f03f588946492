// Numbers, dates and times as text, in the forms that Python uses.

#ifndef FLATMANIFEST_CONVERT_NUMBER_TEXT_H_
#define FLATMANIFEST_CONVERT_NUMBER_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace flatmanifest {

// Whether `token` is a JSON number.
bool IsNumber(std::string_view token);

// The double nearest to a JSON number of any length, infinite beyond the range of doubles.
double ParseDouble(std::string_view token);

// Appends repr(value): the shortest digits that read back the same, an exponent from 1e16 and below
// 1e-4; NaN, Infinity and -Infinity as json.dumps spells them.
void AppendDouble(std::string& out, double value);

// Appends datetime.date.isoformat() of the date with this ordinal.
void AppendDate(std::string& out, uint32_t ordinal);

// Appends datetime.datetime.isoformat(). `zone` is the aux of a datetime cell (format/cell.h).
void AppendDateTime(std::string& out, uint64_t microseconds, uint32_t zone);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_NUMBER_TEXT_H_
