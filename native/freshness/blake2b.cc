#include "freshness/blake2b.h"

#include <cstddef>
#include <cstdint>

#include "format/error.h"

namespace flatmanifest {

namespace {

constexpr size_t kDigestSize = 16;  // in bytes

}  // namespace

void Blake2b::UseFastest() {
  // If it fails, the code stays that for every processor.
  static_cast<void>(sodium_init());
}

Blake2b::Blake2b(std::string_view key) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (crypto_generichash_init(&state_, bytes, key.size(), kDigestSize) != 0) {
    throw FormatError("a salt of " + std::to_string(key.size()) + " bytes is too long");
  }
}

void Blake2b::Add(std::string_view text) {
  const uint64_t size = text.size();
  AddPart({reinterpret_cast<const char*>(&size), sizeof(size)});
  AddPart(text);
}

void Blake2b::AddPart(std::string_view bytes) {
  crypto_generichash_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
}

std::string Blake2b::Hexadecimal() {
  unsigned char bytes[kDigestSize];
  crypto_generichash_final(&state_, bytes, sizeof(bytes));
  char text[2 * sizeof(bytes) + 1];
  return sodium_bin2hex(text, sizeof(text), bytes, sizeof(bytes));
}

std::string DigestOf(const std::vector<std::string>& texts) {
  Blake2b digest;
  for (const std::string& text : texts) digest.Add(text);
  return digest.Hexadecimal();
}

}  // namespace flatmanifest
