#include "freshness/blake2b.h"

#include <cstdint>

#include "format/error.h"

namespace flatmanifest {

Blake2b::Blake2b(std::string_view key, size_t size) : size_(size) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
  if (crypto_generichash_init(&state_, bytes, key.size(), size) != 0) {
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
  unsigned char bytes[crypto_generichash_BYTES_MAX];
  crypto_generichash_final(&state_, bytes, size_);
  char text[2 * sizeof(bytes) + 1];
  return sodium_bin2hex(text, sizeof(text), bytes, size_);
}

}  // namespace flatmanifest
