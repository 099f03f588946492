// KEY.artifacts.fman: which files show an entry as it is. Python writes it too: Entry.keep_artifact
// in python/flatmanifest/dbt/entry.py.

#ifndef FLATMANIFEST_FRONT_ARTIFACT_RECORD_H_
#define FLATMANIFEST_FRONT_ARTIFACT_RECORD_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "freshness/snapshot.h"
#include "front/transcript.h"
#include "store/manifest_file.h"

namespace flatmanifest::front {

class ArtifactRecord {
 public:
  // Throws FormatError, IoError.
  explicit ArtifactRecord(const std::string& path);

  // Of the entry that the files show.
  uint64_t generation() const;
  // Whether the file is as it was when it was last written, and is known to be what `output` says.
  // Throws FormatError; IoError where the file cannot be looked at.
  bool Shows(const Output& output) const;
  // How long what it begins with is, up to what stays. Throws FormatError.
  uint64_t BeginningSize(const Output& output) const;

  // Puts these snapshots in the place of what is recorded, and replaces the file, unless another
  // has done so meanwhile. Not flushed to the disk: after a crash it may be damaged, and is then
  // made anew. Throws IoError, FormatError.
  void Renew(const std::map<std::string, Snapshot>& snapshots) const;

 private:
  std::string path_;
  std::shared_ptr<const ManifestFile> file_;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ARTIFACT_RECORD_H_
