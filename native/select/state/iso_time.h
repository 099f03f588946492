// Parses times in the form of dbt's artifacts.

#ifndef FLATMANIFEST_SELECT_STATE_ISO_TIME_H_
#define FLATMANIFEST_SELECT_STATE_ISO_TIME_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace flatmanifest {

// Microseconds since 1970 in UTC of "2026-01-31" or "2026-01-31T12:00:00", the latter also with a
// fraction of a second and with "Z" or "+02:00". UTC without an offset. Nothing for other text.
std::optional<int64_t> ParseIsoTime(std::string_view text);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_ISO_TIME_H_
