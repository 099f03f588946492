// The lines of `dbt ls --output json`, cut out of the manifest.json that dbt has written.
//
// dbt serializes a node for a line as it does for the artifact: the same fields in the same order,
// in the same text (dbt/task/list.py, generate_json; dbt/artifacts/schemas/base.py,
// Writable.write). Only some fields that nodes have in memory are in no artifact.

#ifndef FLATMANIFEST_LISTING_ARTIFACT_LINES_H_
#define FLATMANIFEST_LISTING_ARTIFACT_LINES_H_

#include <optional>
#include <string>
#include <vector>

namespace flatmanifest {

// The lines of these resources, without line ends, from the manifest.json at `path`. `keys` are the
// fields to show, "config.enabled" being a field of a field; none: those that dbt shows. Models are
// taken for the project's own, which no plugin of dbt's has brought. Nothing if the file has not
// all of the resources, or a key begins with a field that only memory has. Throws IoError,
// ConvertError.
std::optional<std::vector<std::string>> ArtifactLines(const std::string& path,
                                                      const std::vector<std::string>& unique_ids,
                                                      const std::vector<std::string>& keys);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_ARTIFACT_LINES_H_
