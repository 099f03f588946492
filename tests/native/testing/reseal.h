// Fits the header of a changed file.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_RESEAL_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_RESEAL_H_

#include <cstddef>
#include <span>

namespace flatmanifest::testing {

// Writes format version, length and checksum into the header, so that only the other faults of the
// file remain. Returns false, with nothing changed, if the FlatBuffer is too broken to have a
// header. `file` must be aligned to eight bytes.
bool Reseal(std::span<std::byte> file);

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_RESEAL_H_
