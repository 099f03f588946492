// Decides whose files to trust. The contents of the cache are believed without a comparison: a user
// who can write there decides what dbt prints, and which files the front door renews
// (docs/security.md).
//
// A file or directory is trusted if it belongs to the user of this process or to root, and nobody
// else may write to it. A group may write if it is the user's own, with the user's number, as most
// distributions make one for each user. FLATMANIFEST_TRUST in the environment trusts more: further
// users by number ("1000,1001"), or "all", which checks nothing.

#ifndef FLATMANIFEST_STORE_TRUST_H_
#define FLATMANIFEST_STORE_TRUST_H_

#include <string>

namespace flatmanifest {

// Throws FormatError unless the directory, and the symbolic link by which it may be reached, is
// trusted. The message says whose it is and what to do. Returns if there is no directory yet.
// IoError if it cannot be looked at.
void RequireTrustedDirectory(const std::string& directory);

// The same for a file in the cache, and its directory; refuses symbolic links and everything else
// that is no regular file. Afterwards no untrusted user can put another file in its place. IoError
// if there is none.
void RequireTrustedFile(const std::string& path);

// Prepares publishing a file into the cache. Throws as RequireTrustedDirectory does. Removes what
// is neither file nor directory from `path` (a link, a pipe): a write would go through it.
void PrepareTrustedFile(const std::string& path);

// Whether a file that was made from `source` can be read instead of it: it belongs to the user, to
// root or to the owner of `source`, and only users who may write to `source` may write to it.
bool IsAsTrusted(const std::string& path, const std::string& source);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_TRUST_H_
