// A digest of files by their names and contents: the same on another machine, in another directory,
// and after a checkout that gave the files new times.
//
// Comparing contents means to read every file, which takes several times as long as a snapshot
// (freshness/snapshot.h). So a snapshot is asked first, and this digest where there is none.

#ifndef FLATMANIFEST_FRESHNESS_CONTENT_DIGEST_H_
#define FLATMANIFEST_FRESHNESS_CONTENT_DIGEST_H_

#include <span>
#include <string>

#include "freshness/directory_scan.h"

namespace flatmanifest {

struct NamedDependency {
  std::string name;  // by which the digest knows the path; independent of the place
  std::string path;  // here
  FileUse use = FileUse::kRead;
};

// The BLAKE2b digest of `dependencies` in any order, in hexadecimal. A path counts by its use:
//
// - kRead: a file's content; of a directory, the names and contents of all files below it, without
//   those that a snapshot leaves out
// - kListed: the names in the directory
// - kProbed: whether there is a file, a directory, something else or nothing
// - kAlone: the content of a file; of a directory with installed packages, their names, versions
//   and the digests of their files (freshness/installed_packages.h); of any other, its names
//
// Symbolic links are followed, and do not count themselves. Reads with up to `thread_count` threads
// including the caller's, and takes contents from `kept` if that is not nullptr. Throws IoError for
// a path that cannot be read, for links in a circle, and for an installed package without a record
// of its files.
std::string ContentDigest(std::span<const NamedDependency> dependencies, unsigned thread_count,
                          KeptContents* kept = nullptr);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_CONTENT_DIGEST_H_
