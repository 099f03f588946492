// Whose files are taken for our own. What lies in the cache is believed without being compared with
// anything: whoever can write there decides what dbt says, and which files the front door renews.
// docs/security.md.
//
// A file or directory is trusted if it belongs to the user of this process or to root, and nobody
// else may write to it. A group may where it is the user's own, with the user's number, as most
// distributions make one for each user. FLATMANIFEST_TRUST in the environment trusts more: the
// numbers of further users ("1000,1001"), or "all", which looks at nothing.

#ifndef FLATMANIFEST_STORE_TRUST_H_
#define FLATMANIFEST_STORE_TRUST_H_

#include <string>

namespace flatmanifest {

// Throws FormatError, which says whose it is and what to do, unless the directory is trusted: it,
// and the symbolic link if it is reached by one. Where there is none yet, it returns. IoError if it
// cannot be looked at.
void RequireTrustedDirectory(const std::string& directory);

// The same for a file in the cache, and the directory that it is in; symbolic links and whatever
// else is no regular file are refused. Nobody who is not trusted can put another file in its place
// afterwards. IoError if there is none.
void RequireTrustedFile(const std::string& path);

// Before a file is published into the cache: throws as RequireTrustedDirectory does, and removes
// from `path` what is neither file nor directory (a link, a pipe), which would be written through.
void PrepareTrustedFile(const std::string& path);

// Whether a file that was made from `source` can be read in its place: it belongs to the user, to
// root or to whom `source` belongs, and nobody may write to it who may not write to `source`.
bool IsAsTrusted(const std::string& path, const std::string& source);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_TRUST_H_
