// Reading a file of unknown origin in every way that there is.

#ifndef FLATMANIFEST_TESTS_FUZZ_READ_EVERYTHING_H_
#define FLATMANIFEST_TESTS_FUZZ_READ_EVERYTHING_H_

#include <cstddef>
#include <span>

namespace flatmanifest::fuzz {

// Opens, verifies, reads every column, walks every value and exports them, if there are not too
// many. Any of it may throw FormatError; what has passed Verify must be all that Verify promises,
// or the process ends (fuzz/require.h). Returns whether it has passed. `file` is aligned to eight
// bytes.
bool ReadEverything(std::span<const std::byte> file);

}  // namespace flatmanifest::fuzz

#endif  // FLATMANIFEST_TESTS_FUZZ_READ_EVERYTHING_H_
