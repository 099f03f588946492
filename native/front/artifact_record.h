// KEY.artifacts.fman: the artifacts that show an entry unchanged. Python writes it too:
// Entry.keep_artifact in python/flatmanifest/dbt/cache/entry.py.

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

// The fact that is the size of a file's beginning in bytes.
inline constexpr const char* kBeginningSize = "metadata_end";

// A file with a new beginning.
struct Renewed {
  Snapshot snapshot;
  uint64_t beginning_size = 0;  // in bytes
};

class ArtifactRecord {
 public:
  // Throws FormatError, IoError.
  explicit ArtifactRecord(const std::string& path);

  // The generation of the entry that the files show.
  uint64_t generation() const;
  // Whether the file is unchanged since it was written, and the record agrees with the facts of
  // `output`. Throws FormatError; IoError if the file cannot be looked at.
  bool Shows(const Output& output) const;
  // The size of the beginning of the file, up to the part that stays. Throws FormatError.
  uint64_t BeginningSize(const Output& output) const;

  // Records the files that this command has given new beginnings, by path, and publishes the
  // record, unless another process has done so meanwhile. Not flushed to the disk: after a crash
  // the record may be damaged, and is then made again. Throws IoError, FormatError.
  void Renew(const std::map<std::string, Renewed>& files) const;

 private:
  std::string path_;
  std::shared_ptr<const ManifestFile> file_;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ARTIFACT_RECORD_H_
