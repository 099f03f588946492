// The files of two manifests that are compared.

#ifndef FLATMANIFEST_DIFF_COMPARED_FILES_H_
#define FLATMANIFEST_DIFF_COMPARED_FILES_H_

#include <memory>
#include <string>

#include "store/manifest_file.h"

namespace flatmanifest {

// The file that `path` names: a file itself, or the first that a directory has of manifest.json,
// manifest.json.gz and manifest.fman, then of the same names in its directory target. Throws
// IoError if there is none.
std::string FindManifest(const std::string& path);

// Opens the manifest that `path` names, as FindManifest and OpenManifest do (convert/convert.h),
// and throws as they do.
std::shared_ptr<const ManifestFile> OpenCompared(const std::string& path);

// Throws DiffError if both are one manifest, because a comparison of a file with itself is a
// mistake in a path: if both are the same generation of one .fman file, or were converted from one
// JSON file that was unchanged in between. The paths are for the message.
void RequireTwoManifests(const ManifestFile& old_file, const std::string& old_path,
                         const ManifestFile& file, const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_DIFF_COMPARED_FILES_H_
