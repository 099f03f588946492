// A digest of the environment that dbt sees. It shows changes and hides the values.

#ifndef FLATMANIFEST_FRONT_ENVIRONMENT_H_
#define FLATMANIFEST_FRONT_ENVIRONMENT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "freshness/blake2b.h"
#include "portable/holes.h"
#include "portable/roots.h"

namespace flatmanifest::front {

using Environment = std::map<std::string, std::string>;

// The variables of this process.
Environment CurrentEnvironment();

// A BLAKE2b digest, in hexadecimal, of the variables with these names and of those that every
// command depends on: DBT_*, PYTHON*, LC_*, LD_*, NETWORKX_*, LANG, LANGUAGE, TZ,
// FLATMANIFEST_CACHE_DIR. Without `names`, of all variables except those that a shell changes as it
// goes (`_`, SHLVL, OLDPWD, PWD) and the other FLATMANIFEST…. LC_CTYPE is left out if it has the
// value that Python sets for itself in a C locale, and DBT_ENGINE_X if DBT_X has the same value, as
// dbt sets it, so that the digest is the same before and after dbt starts. `salt` is the key: 16 to
// 64 bytes; a longer one is a FormatError.
std::string DigestOf(const Environment& environment,
                     const std::optional<std::vector<std::string>>& names, const std::string& salt);

// A parse depends on dbt's options (DBT_*) by their values as flags, which its entry has.
enum class DependentWork : uint8_t { kCommand, kParse };

// The digest for any place: without FLATMANIFEST_CACHE_DIR, and with marks instead of the roots
// that values, or parts of them between colons, begin with. For a parse, without those DBT_* that
// are not among `names`.
std::string PortableDigestOf(const Environment& environment, const std::vector<std::string>& names,
                             const std::string& salt, const portable::Roots& roots,
                             DependentWork work);

using flatmanifest::DigestOf;  // of texts, for file names
using portable::kNoValue;

// Whether `hidden` is the hidden form of `value`: "SALT:DIGEST" of hidden_values in
// python/flatmanifest/dbt/entry.py.
bool IsValueOf(const std::string& hidden, const std::string& value);

// The key of an entry: a part of the digest.
std::string EntryKey(const std::vector<std::string>& parts);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ENVIRONMENT_H_
