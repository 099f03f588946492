// BLAKE2b (RFC 7693), a digest that nobody can find two texts for. For what names files, and for
// what hides values; directory_scan.cc, which only looks for changes, takes a faster one.

#ifndef FLATMANIFEST_FRESHNESS_BLAKE2B_H_
#define FLATMANIFEST_FRESHNESS_BLAKE2B_H_

#include <sodium.h>

#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest {

// A digest of 16 bytes of a sequence of texts. Not for several threads at once.
class Blake2b {
 public:
  // Chooses the fastest code for this processor. It takes some microseconds, so it is worth it for
  // megabytes. For several threads at once.
  static void UseFastest();

  // `key`: at most 64 bytes; a longer one is a FormatError.
  explicit Blake2b(std::string_view key = {});

  // Lengths separate the texts.
  void Add(std::string_view text);
  // Adds bytes without their length.
  void AddPart(std::string_view bytes);

  // The digest in hexadecimal. The object is spent afterwards.
  std::string Hexadecimal();

 private:
  crypto_generichash_state state_;
};

// The digest of some texts, in hexadecimal.
std::string DigestOf(const std::vector<std::string>& texts);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_BLAKE2B_H_
