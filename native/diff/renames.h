// Resources that have another unique_id in the new manifest, and the same contents.
//
// dbt knows no renames: to it, one resource is removed and another is new. A pair counts as renamed
// only if no other removed or added resource could be meant.

#ifndef FLATMANIFEST_DIFF_RENAMES_H_
#define FLATMANIFEST_DIFF_RENAMES_H_

#include <span>
#include <vector>

#include "diff/manifest_diff.h"

namespace flatmanifest {

struct Rename {
  Row old_row;
  Row row;
};

// The pairs of a removed and an added resource with equal contents, ascending by the new row. Both
// are of one resource type, package and version, the removed one is not disabled, and no other
// removed or added resource has these contents. Contents are
//
//   code       raw_code and language (models, singular tests, snapshots, analyses, functions …)
//   seeds      the checksum of the file
//   sources    database, schema and identifier: the same table
//   unit tests the checksum of model, inputs and expectation
//   generic    the test's name and arguments, its column, and the model that it tests, which may
//   tests      itself be renamed
//   others     all fields but names and places (exposures, metrics, semantic models …)
//
// A resource without contents (no code, or a seed that is too large to be hashed) is never renamed.
// Takes time linear in the contents of the removed and added resources. Throws FormatError.
std::vector<Rename> FindRenames(const Document& old_document,
                                std::span<const RemovedResource> removed, const Document& document,
                                std::span<const Row> added);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_DIFF_RENAMES_H_
