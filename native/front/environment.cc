#include "front/environment.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "format/error.h"

namespace flatmanifest::front {

namespace {

constexpr size_t kDigestSize = 16;

// Of names that are always in the digest: dbt's options, Python's, the locale's, ours.
constexpr std::string_view kPrefixes[] = {"DBT_", "PYTHON", "LC_"};
constexpr std::string_view kNames[] = {
    "HOME", "LANG",      "LANGUAGE",    "NO_COLOR",     "PATH",
    "TZ",   "V2_PARSER", "VIRTUAL_ENV", "DO_NOT_TRACK", "FLATMANIFEST_CACHE_DIR"};
constexpr std::string_view kShells[] = {"_", "SHLVL", "OLDPWD", "PWD"};

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool IsAlwaysIn(std::string_view name) {
  return Contains(kNames, name) ||
         std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

class Digest {
 public:
  explicit Digest(std::string_view key = {}) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
    if (crypto_generichash_init(&state_, bytes, key.size(), kDigestSize) != 0) {
      throw FormatError("a salt of " + std::to_string(key.size()) + " bytes is too long");
    }
  }

  // Texts are told apart by their lengths.
  void Add(std::string_view text) {
    const uint64_t size = text.size();
    Update(&size, sizeof(size));
    Update(text.data(), text.size());
  }

  std::string Hexadecimal() {
    unsigned char bytes[kDigestSize];
    crypto_generichash_final(&state_, bytes, sizeof(bytes));
    char text[2 * kDigestSize + 1];
    return sodium_bin2hex(text, sizeof(text), bytes, sizeof(bytes));
  }

 private:
  void Update(const void* bytes, size_t size) {
    crypto_generichash_update(&state_, static_cast<const unsigned char*>(bytes), size);
  }

  crypto_generichash_state state_;
};

}  // namespace

Environment CurrentEnvironment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    // Of a variable that is there twice, getenv finds the first.
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string DigestOf(const Environment& environment,
                     const std::optional<std::vector<std::string>>& names,
                     const std::string& salt) {
  Digest digest(salt);
  for (const auto& [name, value] : environment) {
    const bool is_in =
        names ? IsAlwaysIn(name) || Contains(*names, name) : !Contains(kShells, name);
    if (!is_in) continue;
    digest.Add(name);
    digest.Add(value);
  }
  return digest.Hexadecimal();
}

bool IsValueOf(const std::string& hidden, const std::string& value) {
  const size_t colon = hidden.find(':');
  if (colon == std::string::npos) return false;
  unsigned char salt[crypto_generichash_KEYBYTES_MAX];
  size_t salt_size = 0;
  if (sodium_hex2bin(salt, sizeof(salt), hidden.data(), colon, nullptr, &salt_size, nullptr) != 0) {
    return false;
  }
  unsigned char digest[crypto_generichash_BYTES_MAX];
  crypto_generichash(digest, sizeof(digest), reinterpret_cast<const unsigned char*>(value.data()),
                     value.size(), salt, salt_size);
  char text[2 * sizeof(digest) + 1];
  sodium_bin2hex(text, sizeof(text), digest, sizeof(digest));
  return hidden.compare(colon + 1, std::string::npos, text) == 0;
}

std::string DigestOf(const std::vector<std::string>& texts) {
  Digest digest;
  for (const std::string& text : texts) digest.Add(text);
  return digest.Hexadecimal();
}

}  // namespace flatmanifest::front
