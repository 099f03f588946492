// The checksum in a file's header: XXH3-64 of the whole file, the checksum's own eight bytes taken
// as zero. It finds damage; it does not authenticate.

#ifndef FLATMANIFEST_FORMAT_CHECKSUM_H_
#define FLATMANIFEST_FORMAT_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace flatmanifest {

// `checksum_offset` + 8 must lie within `file`.
uint64_t Checksum(std::span<const std::byte> file, size_t checksum_offset);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_CHECKSUM_H_
