// How two manifests of a project differ, as dbt sees it.
//
// `modified` is what dbt's state:modified selects, without what state:new selects; `added` and the
// new side of `renamed` are what state:new selects (dbt/graph/selector_methods.py,
// StateSelectorMethod). dbt warns of a broken contract, or stops at the first one of a versioned
// model; here all are listed. docs/diff.md names all differences.

#ifndef FLATMANIFEST_DIFF_MANIFEST_DIFF_H_
#define FLATMANIFEST_DIFF_MANIFEST_DIFF_H_

#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "format/error.h"
#include "select/state/contract_comparison.h"

namespace flatmanifest {

// Two manifests cannot be compared. ValueError in Python.
class DiffError : public Error {
 public:
  using Error::Error;
};

struct DiffOptions {
  // dbt's flag state_modified_compare_more_unrendered_values, which is not in a manifest.
  bool compare_more_unrendered_values = false;
};

// What differs: "body", "configs", "persisted_descriptions", "relation", "macros" and "contract",
// which are dbt's state:modified.…, and names of other fields that dbt compares.
using Reasons = std::vector<std::string_view>;

struct ModifiedResource {
  Row row;  // of the new manifest
  Reasons reasons;
};

struct RemovedResource {
  Row row;  // of the old manifest
  bool is_disabled;
};

struct RenamedResource {
  Row old_row;
  Row row;
  Reasons reasons;  // what else differs
};

struct BrokenContract {
  std::string_view unique_id;
  std::string_view name;
  std::string_view original_file_path;
  bool is_versioned;  // dbt fails, and does not only warn
  std::vector<BreakingChange> changes;
};

// Rows and unique_ids are ascending in each list, macros in the order of their manifest.
struct ManifestDiff {
  const Document* old_document;
  const Document* document;
  std::vector<BrokenContract> broken_contracts;
  std::vector<Row> added;
  std::vector<RemovedResource> removed;
  std::vector<RenamedResource> renamed;
  std::vector<ModifiedResource> modified;
  std::vector<std::string_view> added_macros;
  std::vector<std::string_view> removed_macros;
  std::vector<std::string_view> modified_macros;
  // Resources of the new manifest that depend on added, renamed or modified ones, without these.
  std::vector<Row> downstream;
  // The exposures that depend on those, modified ones included.
  std::vector<Row> exposures;
  std::vector<std::string> warnings;  // dbt's, of seeds that are too large to be compared

  bool IsEmpty() const {
    return added.empty() && removed.empty() && renamed.empty() && modified.empty() &&
           broken_contracts.empty() && added_macros.empty() && removed_macros.empty() &&
           modified_macros.empty();
  }
};

// Compares a manifest with an earlier one. Borrows both documents, which the result points into.
// Takes time linear in the resources and what dbt compares of them, times the logarithm of their
// number. Throws DiffError for a file of dbt's objects and for a resource that depends on a macro
// that no manifest has, FormatError for a damaged file.
ManifestDiff DiffManifests(const Document& old_document, const Document& document,
                           const DiffOptions& options = {});

}  // namespace flatmanifest

#endif  // FLATMANIFEST_DIFF_MANIFEST_DIFF_H_
