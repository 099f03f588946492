// BLAKE2b (RFC 7693), a digest that nobody can find two texts for. For what names files, and for
// what hides values; directory_scan.cc, which only looks for changes, takes a faster one.

#ifndef FLATMANIFEST_FRESHNESS_BLAKE2B_H_
#define FLATMANIFEST_FRESHNESS_BLAKE2B_H_

#include <sodium.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace flatmanifest {

inline constexpr size_t kDigestSize = 16;  // in bytes

// The digest of a sequence of texts. Not for several threads at once.
class Blake2b {
 public:
  // `key`: at most 64 bytes; a longer one is a FormatError. `size`: of the digest, 16 to 64 bytes.
  explicit Blake2b(std::string_view key = {}, size_t size = kDigestSize);

  // Lengths separate the texts.
  void Add(std::string_view text);
  // Adds bytes without their length.
  void AddPart(std::string_view bytes);

  // The digest in hexadecimal. The object is spent afterwards.
  std::string Hexadecimal();

 private:
  crypto_generichash_state state_;
  size_t size_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_BLAKE2B_H_
