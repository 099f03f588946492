// The artifacts that state:, result: and source_status: compare: those that --state names, and the
// current manifest.json.

#ifndef FLATMANIFEST_FRONT_STATE_ARTIFACTS_H_
#define FLATMANIFEST_FRONT_STATE_ARTIFACTS_H_

#include <memory>
#include <optional>
#include <string>

#include "front/list_options.h"
#include "front/transcript.h"
#include "listing/earlier_run.h"
#include "store/manifest_file.h"

namespace flatmanifest::front {

struct StateArtifacts {
  // The current manifest.json, in which a resource has the form that dbt compares; null if nothing
  // in the selection asks for state:.
  std::shared_ptr<const ManifestFile> current;
  EarlierRun earlier;
};

// Opens the artifacts that a method in `options` may ask for; opening takes time. Both manifests
// are converted into the cache directory of the transcript once, and opened there as long as they
// are unchanged. Takes the CacheLock to convert the current one. Nothing if the current
// manifest.json is not known to show the entry, or if the earlier manifest has another schema
// version, which dbt would upgrade. Throws FormatError, ConvertError, IoError, SelectionError.
std::optional<StateArtifacts> OpenStateArtifacts(const Transcript& transcript,
                                                 const ListOptions& options);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_STATE_ARTIFACTS_H_
