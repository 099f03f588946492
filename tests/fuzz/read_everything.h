// Reads a file of unknown origin in every possible way.

#ifndef FLATMANIFEST_TESTS_FUZZ_READ_EVERYTHING_H_
#define FLATMANIFEST_TESTS_FUZZ_READ_EVERYTHING_H_

#include <cstddef>
#include <span>

namespace flatmanifest::fuzz {

// Opens, verifies, reads every column, walks every value, exports them and compares them with
// themselves and with nothing, unless they are too many. Any of it may throw FormatError. A file
// that passes Verify must keep all of Verify's promises, or the process ends (fuzz/require.h).
// Returns whether it passed. `file` must be aligned to eight bytes.
bool ReadEverything(std::span<const std::byte> file);

}  // namespace flatmanifest::fuzz

#endif  // FLATMANIFEST_TESTS_FUZZ_READ_EVERYTHING_H_
