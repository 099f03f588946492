// Replacing a file as a whole.

#ifndef FLATMANIFEST_STORE_PUBLISH_H_
#define FLATMANIFEST_STORE_PUBLISH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace flatmanifest {

// kNone is for what can be made anew: after a power failure, the file may be damaged.
enum class Flush : uint8_t { kToDisk, kNone };

// Makes `path` a file with these bytes: written to a temporary file beside it, flushed to the disk,
// renamed over it, the directory flushed too. Readers see the old file or the new one, never a
// part; who has the old one mapped keeps it. On failure throws IoError, `path` as it was, the
// temporary file removed. A `path` that exists and is no regular file (a pipe, /dev/stdout) is
// written to as it is. Safe from several threads and processes: the last rename wins.
void Publish(const std::string& path, std::span<const std::byte> bytes,
             Flush flush = Flush::kToDisk);

// The generation that a file published at `path` now should carry: one more than the file there
// has, 1 if there is none that can be read.
uint64_t NextGeneration(const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_PUBLISH_H_
