// What dbt sees of the environment, to be known again and not to be read.

#ifndef FLATMANIFEST_FRONT_ENVIRONMENT_H_
#define FLATMANIFEST_FRONT_ENVIRONMENT_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace flatmanifest::front {

using Environment = std::map<std::string, std::string>;

// The variables of this process.
Environment CurrentEnvironment();

// A BLAKE2b digest, in hexadecimal, of the variables with these names and of those that are always
// depended on: DBT_*, PYTHON*, LC_*, LD_*, NETWORKX_*, LANG, LANGUAGE, TZ, FLATMANIFEST_CACHE_DIR.
// Without `names`, of all variables but those that a shell changes as it goes (`_`, SHLVL, OLDPWD,
// PWD) and the other FLATMANIFEST…. LC_CTYPE is left out where it is what Python sets for itself in
// a C locale, so that the digest is the same before Python starts and in it. `salt` is the key: 16
// to 64 bytes; a longer one is a FormatError.
std::string DigestOf(const Environment& environment,
                     const std::optional<std::vector<std::string>>& names, const std::string& salt);

// What dbt has for a variable that is not there (dbt/constants.py, DEFAULT_ENV_PLACEHOLDER).
inline constexpr const char* kNoValue = "DBT_DEFAULT_PLACEHOLDER";

// Whether `hidden` is made of `value`: "SALT:DIGEST" of hidden_values in
// python/flatmanifest/dbt/entry.py.
bool IsValueOf(const std::string& hidden, const std::string& value);

// A BLAKE2b digest of texts, in hexadecimal, for the name of a file.
std::string DigestOf(const std::vector<std::string>& texts);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ENVIRONMENT_H_
