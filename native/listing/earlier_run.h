// The artifacts that an earlier run of dbt left in a directory, for state:, result: and
// source_status:.

#ifndef FLATMANIFEST_LISTING_EARLIER_RUN_H_
#define FLATMANIFEST_LISTING_EARLIER_RUN_H_

#include <functional>
#include <memory>
#include <string>

#include "select/request.h"
#include "store/manifest_file.h"

namespace flatmanifest {

// The opened artifacts. Follows dbt/contracts/state.py, class PreviousState.
class EarlierRun {
 public:
  using File = std::shared_ptr<const ManifestFile>;
  using Open = std::function<File(const std::string& path)>;

  // Opens manifest.json, run_results.json and sources.json of `state`, and sources.json of `target`
  // unless that is empty. Missing files are left out. The manifest is converted into the file
  // beside it, as by every open. Throws ConvertError, FormatError, IoError, and SelectionError with
  // dbt's message for artifacts of versions that dbt refuses.
  EarlierRun(const std::string& state, const std::string& target);

  // The same, with the manifest opened by `open_manifest`, and the other artifacts by
  // `open_artifact`; one that returns null leaves the file out.
  EarlierRun(const std::string& state, const std::string& target, const Open& open_manifest,
             const Open& open_artifact);

  // The opened documents, borrowed from this.
  PreviousState state() const;

 private:
  File manifest_;
  File run_results_;
  File sources_;
  File current_sources_;
  std::string directory_of_target_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_EARLIER_RUN_H_
