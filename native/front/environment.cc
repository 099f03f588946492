#include "front/environment.h"

#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace flatmanifest::front {

namespace {

// Prefixes of the names that are always in the digest: dbt searches all variables for some of them;
// Python, the C library and the loader read others before Python code runs, or without it.
constexpr std::string_view kPrefixes[] = {"DBT_", "PYTHON", "LC_", "LD_", "NETWORKX_"};
constexpr std::string_view kNames[] = {"LANG", "LANGUAGE", "TZ", "FLATMANIFEST_CACHE_DIR"};
// Variables that a shell changes from one command to the next.
constexpr std::string_view kShells[] = {"_", "SHLVL", "OLDPWD", "PWD"};
// Our own variables change how a command is performed, not its output.
constexpr std::string_view kOwnPrefix = "FLATMANIFEST";

template <typename List>
bool Contains(const List& list, std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool IsAlwaysIn(std::string_view name) {
  return Contains(kNames, name) ||
         std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// In a C locale, Python sets LC_CTYPE for itself to the first of these that exists (PEP 538).
constexpr std::string_view kCoerced[] = {"C.UTF-8", "C.utf8", "UTF-8"};

// Whether LC_CTYPE is the value that Python has set or would set, and no other variable sets the
// locale.
bool IsCoerced(const Environment& environment, std::string_view value) {
  const auto is_unset = [&environment](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() || found->second.empty() || found->second == "C" ||
           found->second == "POSIX";
  };
  return Contains(kCoerced, value) && is_unset("LC_ALL") && is_unset("LANG");
}

// Whether a variable is one that dbt 1.11 sets while it runs, from the variable with the older name
// (dbt/env_vars.py): the front door sees the environment before that.
bool IsPropagated(const Environment& environment, std::string_view name, std::string_view value) {
  constexpr std::string_view kEngine = "DBT_ENGINE_";
  if (!name.starts_with(kEngine)) return false;
  const auto older = environment.find("DBT_" + std::string(name.substr(kEngine.size())));
  return older != environment.end() && older->second == value;
}

bool IsIn(const Environment& environment, const std::optional<std::vector<std::string>>& names,
          const std::string& name, const std::string& value) {
  // A template that reads the variable gets the same value.
  if (name == "LC_CTYPE" && IsCoerced(environment, value)) return false;
  if (names && Contains(*names, name)) return true;
  if (IsPropagated(environment, name, value)) return false;
  if (IsAlwaysIn(name)) return true;
  return !names && !Contains(kShells, name) && !name.starts_with(kOwnPrefix);
}

constexpr std::string_view kCacheDirectory = "FLATMANIFEST_CACHE_DIR";
constexpr size_t kEntryKeySize = 24;  // hexadecimal digits

std::string RelativeList(std::string_view value, const portable::Roots& roots) {
  std::string relative;
  for (size_t begin = 0;;) {
    const size_t end = std::min(value.find(':', begin), value.size());
    relative += roots.Relative(value.substr(begin, end - begin));
    if (end == value.size()) return relative;
    relative += ':';
    begin = end + 1;
  }
}

}  // namespace

Environment CurrentEnvironment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    // getenv, too, finds the first of two values of one variable.
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

std::string DigestOf(const Environment& environment,
                     const std::optional<std::vector<std::string>>& names,
                     const std::string& salt) {
  Blake2b digest(salt);
  for (const auto& [name, value] : environment) {
    if (!IsIn(environment, names, name, value)) continue;
    digest.Add(name);
    digest.Add(value);
  }
  return digest.Hexadecimal();
}

std::string PortableDigestOf(const Environment& environment, const std::vector<std::string>& names,
                             const std::string& salt, const portable::Roots& roots,
                             DependentWork work) {
  Blake2b digest(salt);
  for (const auto& [name, value] : environment) {
    if (name == kCacheDirectory || !IsIn(environment, names, name, value)) continue;
    const bool is_option = name.starts_with("DBT_") && !Contains(names, name);
    if (is_option && work == DependentWork::kParse) continue;
    digest.Add(name);
    digest.Add(RelativeList(value, roots));
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

std::string EntryKey(const std::vector<std::string>& parts) {
  return DigestOf(parts).substr(0, kEntryKeySize);
}

}  // namespace flatmanifest::front
