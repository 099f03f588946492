// The artifacts that an earlier run of dbt left in a directory, for state:, result: and
// source_status:.

#ifndef FLATMANIFEST_LISTING_EARLIER_RUN_H_
#define FLATMANIFEST_LISTING_EARLIER_RUN_H_

#include <memory>
#include <string>

#include "select/request.h"
#include "store/manifest_file.h"

namespace flatmanifest {

// Holds what it has opened. Follows dbt/contracts/state.py, class PreviousState.
class EarlierRun {
 public:
  // Opens manifest.json, run_results.json and sources.json of `state`, and sources.json of
  // `target` unless that is empty. Files that are not there are left out. The manifest is converted
  // into its neighbour, as any that is opened. Throws ConvertError, FormatError, IoError, and
  // SelectionError with dbt's message for artifacts of versions that dbt refuses.
  EarlierRun(const std::string& state, const std::string& target);

  // Borrows what this holds.
  PreviousState state() const;

 private:
  using File = std::shared_ptr<const ManifestFile>;

  File manifest_;
  File run_results_;
  File sources_;
  File current_sources_;
  std::string directory_of_target_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_EARLIER_RUN_H_
