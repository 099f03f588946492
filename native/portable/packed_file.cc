#include "portable/packed_file.h"

#include <xxhash.h>
#include <zstd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <limits>

#include "format/error.h"
#include "freshness/file_contents.h"
#include "store/publish.h"
#include "store/trust.h"

namespace flatmanifest::portable {

namespace {

// The default of the program zstd.
constexpr int kLevel = 3;
constexpr uint64_t kPlausibleSize = uint64_t{64} << 20;
constexpr uint64_t kPlausibleRatio = 200;

}  // namespace

ContentFacts FactsOf(std::span<const std::byte> contents) {
  const XXH128_hash_t digest = XXH3_128bits(contents.data(), contents.size());
  char text[33];
  std::snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, uint64_t{digest.high64},
                uint64_t{digest.low64});
  return {.size = contents.size(), .digest = text};
}

void WritePacked(const std::string& path, std::span<const std::byte> contents) {
  Bytes packed(ZSTD_compressBound(contents.size()));
  const size_t size =
      ZSTD_compress(packed.data(), packed.size(), contents.data(), contents.size(), kLevel);
  if (ZSTD_isError(size) != 0) throw IoError("cannot compress", path, ENOMEM);
  PrepareTrustedFile(path);
  Publish(path, std::span(packed).first(size), Flush::kNone);
}

Bytes ReadPacked(const std::string& path, const ContentFacts& expected) {
  const auto packed = ReadFiles({&path, 1}, std::numeric_limits<uint32_t>::max(), 1)[0];
  if (!packed) throw IoError("cannot read", path, ENOENT);
  const bool is_plausible =
      expected.size <= kPlausibleSize || expected.size / kPlausibleRatio <= packed->size();
  if (!is_plausible) {
    throw FormatError(path + ": would unpack to " + std::to_string(expected.size) +
                      " bytes, over " + std::to_string(kPlausibleRatio) + " times its size");
  }
  Bytes contents(expected.size);
  // Fails for contents that are larger than the room for them.
  const size_t size =
      ZSTD_decompress(contents.data(), contents.size(), packed->data(), packed->size());
  if (ZSTD_isError(size) != 0) {
    throw FormatError(path + ": is no zstd file, or damaged: " + ZSTD_getErrorName(size));
  }
  if (size != contents.size() || FactsOf(contents) != expected) {
    throw FormatError(path + ": has other contents than its record says");
  }
  return contents;
}

}  // namespace flatmanifest::portable
