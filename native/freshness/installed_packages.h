// The Python packages that are installed in a directory, as a digest that is the same wherever the
// same versions are installed.

#ifndef FLATMANIFEST_FRESHNESS_INSTALLED_PACKAGES_H_
#define FLATMANIFEST_FRESHNESS_INSTALLED_PACKAGES_H_

#include <string>

namespace flatmanifest {

// Whether packages are installed in directories of this name: site-packages, dist-packages.
bool HasPackages(const std::string& directory);

// The BLAKE2b digest of the packages in a directory, in hexadecimal: of each, the lines of its
// RECORD (packaging.python.org, "Recording installed projects"), which has the digest of every
// file. Lines about files that differ from one installation to another are left out: bytecode,
// scripts (they name the interpreter's path), and what the installer says about itself. Files with
// the ending .pth are there with their contents, and all other names in the directory without.
//
// Uses up to `thread_count` threads including the caller's. Throws IoError for what cannot be read,
// and for a package without a RECORD.
std::string DigestOfPackages(const std::string& directory, unsigned thread_count);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_INSTALLED_PACKAGES_H_
