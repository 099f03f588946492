// A digest of the environment that dbt sees. It shows changes and hides the values.

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

// A BLAKE2b digest, in hexadecimal, of the variables with these names and of those that every
// command depends on: DBT_*, PYTHON*, LC_*, LD_*, NETWORKX_*, LANG, LANGUAGE, TZ,
// FLATMANIFEST_CACHE_DIR. Without `names`, of all variables except those that a shell changes as it
// goes (`_`, SHLVL, OLDPWD, PWD) and the other FLATMANIFEST…. LC_CTYPE is left out if it has the
// value that Python sets for itself in a C locale, so that the digest is the same before and after
// Python starts. `salt` is the key: 16 to 64 bytes; a longer one is a FormatError.
std::string DigestOf(const Environment& environment,
                     const std::optional<std::vector<std::string>>& names, const std::string& salt);

// dbt's value for a missing variable (dbt/constants.py, DEFAULT_ENV_PLACEHOLDER).
inline constexpr const char* kNoValue = "DBT_DEFAULT_PLACEHOLDER";

// Whether `hidden` is the hidden form of `value`: "SALT:DIGEST" of hidden_values in
// python/flatmanifest/dbt/entry.py.
bool IsValueOf(const std::string& hidden, const std::string& value);

// A BLAKE2b digest of texts, in hexadecimal, for file names.
std::string DigestOf(const std::vector<std::string>& texts);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ENVIRONMENT_H_
