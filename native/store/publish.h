// Replacing a file as a whole, one writer at a time. docs/durability.md has the protocol and what a
// reader finds if the writer dies at any step of it.

#ifndef FLATMANIFEST_STORE_PUBLISH_H_
#define FLATMANIFEST_STORE_PUBLISH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "format/document.h"

namespace flatmanifest {

// kNone is for what can be made anew: after a power failure, the file may be damaged.
enum class Flush : uint8_t { kToDisk, kNone };

// What becomes of a file that is there: kReplace is for files of ours, whose rights are looked at
// before they are believed (store/trust.h). kKeep is for files that users name: a symbolic link is
// followed and stays, and the new file has the mode of the old one, and its owner and group where
// the process may give files away.
enum class Existing : uint8_t { kReplace, kKeep };

// Whether a file that is in place survives a power failure.
struct Durability {
  // If that is not certain: what has failed, where, and what to do.
  std::string warning;

  bool is_certain() const { return warning.empty(); }
};

struct Published {
  uint64_t generation = 0;
  Durability durability;
};

// All of these make `path` a file with these bytes: written to a StagedFile beside it, flushed to
// the disk, renamed over it, the directory flushed too. Readers see the old file or the new one,
// never a part; who has the old one mapped keeps it. Safe from several threads and processes: each
// waits for the one before it. A `path` that exists and is no regular file (a pipe, /dev/stdout) is
// written to as it is.
//
// On failure they throw IoError, `path` as it was and nothing left beside it. Nothing fails once
// the file is in place: if the disk fails while the directory is flushed after that, Durability
// says so. Flush::kNone asks for nothing, and gets no warning.

// The last one wins.
Durability Publish(const std::string& path, std::span<const std::byte> bytes,
                   Flush flush = Flush::kToDisk, Existing existing = Existing::kReplace);

// Publishes a manifest's file (FileImage::writable_bytes, CopyWithStamp) as the next generation:
// one more than the file there has when its turn has come, 1 if there is none that can be read.
// `file` gets that generation, which is returned: no two files of a path have the same.
Published PublishNext(const std::string& path, std::span<std::byte> file,
                      Flush flush = Flush::kToDisk, Existing existing = Existing::kReplace);

// The same, if the file there is still the one with the header `replaced`, which `file` was made
// from; else it does nothing.
std::optional<Published> PublishOver(const std::string& path, const Header& replaced,
                                     std::span<std::byte> file, Flush flush = Flush::kToDisk);

// The generation that PublishNext would give a file now. Another writer may be first: a guess,
// which spares PublishNext computing a checksum.
uint64_t NextGeneration(const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_PUBLISH_H_
