// The lines of `dbt ls --output json`, cut out of the manifest.json that dbt has written.
//
// dbt serializes a node for a line as for the artifact: the same fields in the same order, in the
// same text (dbt/task/list.py, generate_json; dbt/artifacts/schemas/base.py, Writable.write). Only
// some fields that nodes have in memory are in no artifact.

#ifndef FLATMANIFEST_LISTING_ARTIFACT_LINES_H_
#define FLATMANIFEST_LISTING_ARTIFACT_LINES_H_

#include <optional>
#include <string>
#include <vector>

namespace flatmanifest {

// The lines of these resources, without line ends, from the manifest.json at `path`. `keys` are the
// requested fields, where "config.enabled" is a field of a field; without keys, the fields that dbt
// shows. All models count as the project's own, not as brought by a plugin of dbt. Nothing if the
// file lacks one of the resources, or if a key begins with a field that is only in memory. Throws
// IoError, ConvertError.
std::optional<std::vector<std::string>> ArtifactLines(const std::string& path,
                                                      const std::vector<std::string>& unique_ids,
                                                      const std::vector<std::string>& keys);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_ARTIFACT_LINES_H_
