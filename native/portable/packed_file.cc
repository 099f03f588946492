#include "portable/packed_file.h"

#include <xxhash.h>
#include <zstd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

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
constexpr size_t kPiece = size_t{1} << 17;
constexpr int kMostWindow = 23;  // as a power of two: WritePacked takes less

std::string TextOf(const XXH128_hash_t& digest) {
  char text[33];
  std::snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64, uint64_t{digest.high64},
                uint64_t{digest.low64});
  return text;
}

// The packed bytes of a file that can have the expected contents.
std::string PackedBytes(const std::string& path, const ContentFacts& expected) {
  auto packed = ReadFiles({&path, 1}, std::numeric_limits<uint32_t>::max(), 1)[0];
  if (!packed) throw IoError("cannot read", path, ENOENT);
  const bool is_plausible =
      expected.size <= kPlausibleSize || expected.size / kPlausibleRatio <= packed->size();
  if (!is_plausible) {
    throw FormatError(path + ": would unpack to " + std::to_string(expected.size) +
                      " bytes, over " + std::to_string(kPlausibleRatio) + " times its size");
  }
  return std::move(*packed);
}

// Throws for an error of zstd's; gives back any other result.
size_t Checked(size_t result, const std::string& path) {
  if (ZSTD_isError(result) == 0) return result;
  throw FormatError(path + ": is no zstd file, or damaged: " + ZSTD_getErrorName(result));
}

void RequireExpected(const std::string& path, const ContentFacts& found,
                     const ContentFacts& expected) {
  if (found != expected) {
    throw FormatError(path + ": has other contents than its record says");
  }
}

struct FreeUnpacker {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

struct FreeDigest {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

ContentFacts FactsOf(std::span<const std::byte> contents) {
  return {.size = contents.size(),
          .digest = TextOf(XXH3_128bits(contents.data(), contents.size()))};
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
  const std::string packed = PackedBytes(path, expected);
  Bytes contents(expected.size);
  // Fails for contents that are larger than the room for them.
  const size_t size = Checked(
      ZSTD_decompress(contents.data(), contents.size(), packed.data(), packed.size()), path);
  RequireExpected(path, FactsOf(std::span(contents).first(size)), expected);
  return contents;
}

void ReadPackedPieces(const std::string& path, const ContentFacts& expected,
                      const TakePiece& take) {
  const std::string packed = PackedBytes(path, expected);
  const std::unique_ptr<ZSTD_DCtx, FreeUnpacker> context(ZSTD_createDCtx());
  const std::unique_ptr<XXH3_state_t, FreeDigest> digest(XXH3_createState());
  std::vector<std::byte> piece(kPiece);
  if (context == nullptr || digest == nullptr) throw std::bad_alloc();
  Checked(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMostWindow), path);
  XXH3_128bits_reset(digest.get());
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  uint64_t size = 0;
  for (size_t left = 1; left > 0;) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    left = Checked(ZSTD_decompressStream(context.get(), &out, &in), path);
    size += out.pos;
    // A piece that is not full is the last one: either the contents or the file ends.
    if (size > expected.size || (left > 0 && out.pos < out.size)) break;
    XXH3_128bits_update(digest.get(), piece.data(), out.pos);
    take(std::span<const std::byte>(piece).first(out.pos));
  }
  if (in.pos < in.size) size = ~uint64_t{0};  // there is more than one frame
  RequireExpected(path, {.size = size, .digest = TextOf(XXH3_128bits_digest(digest.get()))},
                  expected);
}

}  // namespace flatmanifest::portable
