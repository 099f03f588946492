// Files that are kept compressed, in the form of the program zstd (RFC 8878).

#ifndef FLATMANIFEST_PORTABLE_PACKED_FILE_H_
#define FLATMANIFEST_PORTABLE_PACKED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "format/bulk_memory.h"

namespace flatmanifest::portable {

using Bytes = BulkVector<std::byte>;

// Takes contents from front to back, in pieces. A piece is valid during the call.
using TakePiece = std::function<void(std::span<const std::byte>)>;

// The contents that a packed file must have.
struct ContentFacts {
  uint64_t size = 0;
  std::string digest;  // XXH3 with 128 bits, in hexadecimal: it finds damage and swapped files

  bool operator==(const ContentFacts&) const = default;
};

ContentFacts FactsOf(std::span<const std::byte> contents);

// Publishes `contents` compressed as `path` (store/publish.h), without flushing: a damaged file is
// found by its digest, and made again. Removes what is no file from `path`, as PrepareTrustedFile
// does, and throws as it does. Throws IoError.
void WritePacked(const std::string& path, std::span<const std::byte> contents);

// The contents of the file at `path`. Throws IoError; FormatError for a file whose contents are not
// the expected ones, or that unpacks to more than 64 MiB and 200 times its size. No more memory is
// taken than `expected` says.
Bytes ReadPacked(const std::string& path, const ContentFacts& expected);

// Gives the same contents to `take`, in pieces that stay in the processor's cache. Throws as
// ReadPacked does, possibly after the last piece: nothing may be made of the pieces before this has
// returned.
void ReadPackedPieces(const std::string& path, const ContentFacts& expected, const TakePiece& take);

}  // namespace flatmanifest::portable

#endif  // FLATMANIFEST_PORTABLE_PACKED_FILE_H_
