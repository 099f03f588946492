// Making a file's header fit a file that was changed.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_RESEAL_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_RESEAL_H_

#include <cstddef>
#include <span>

namespace flatmanifest::testing {

// Writes format version, length and checksum into the header, so that only what else is wrong with
// the file remains. False, and nothing changed, if the FlatBuffer does not hold together enough to
// have a header. `file` must be aligned to eight bytes.
bool Reseal(std::span<std::byte> file);

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_RESEAL_H_
