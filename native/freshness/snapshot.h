// Whether any file below some directories has changed.
//
// What a parse by dbt depends on is thousands of small files. A snapshot is one digest over all of
// them: of each file its path, size, times, inode and device, of each directory the names in it.
// Taking one reads no file; but a file that was changed within the clock's granularity before the
// snapshot can have been changed again unseen (git calls it racily clean), so the content of those
// is in the digest too.

#ifndef FLATMANIFEST_FRESHNESS_SNAPSHOT_H_
#define FLATMANIFEST_FRESHNESS_SNAPSHOT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "freshness/directory_scan.h"

namespace flatmanifest {

struct Snapshot {
  uint64_t digest_low = 0;
  uint64_t digest_high = 0;
  uint64_t file_count = 0;
  int64_t taken_ns = 0;                 // Unix time
  std::vector<std::string> by_content;  // the files whose content is in the digest, sorted

  bool SameAs(const Snapshot& other) const {
    return digest_low == other.digest_low && digest_high == other.digest_high;
  }
};

// Looks at paths, each as it is depended on (FileUse). Symbolic links are followed, as dbt follows
// them; a path that does not exist is part of the digest. Below a directory that is read, files
// whose names begin with '.', '#' or '~' are left out: dbt reads none of those (dbt.parser.search,
// filesystem_search). Throws IoError for what cannot be read, and where links lead in circles.
Snapshot TakeSnapshot(std::span<const FileDependency> dependencies);

// The same for one file that has just been written, whose content need not be looked at: it is
// given a time of modification more precise than the clock that the system stamps files with, so
// that whoever writes to it again gives it another. Where the file system has no such times, or the
// file is another's, this is TakeSnapshot.
Snapshot TakeSnapshotOfNew(const std::string& path);

// The snapshot that those paths give now, the content of `earlier.by_content` in the digest as it
// was then: SameAs(earlier) if nothing has changed. Throws IoError.
Snapshot TakeSnapshotLike(std::span<const FileDependency> dependencies, const Snapshot& earlier);

// Up to `limit` paths of files and directories among and below `dependencies` whose times are later
// than a snapshot that was taken at `taken_ns`: for people, as nothing tells what is gone, or was
// older before it came. Throws IoError.
std::vector<std::string> ChangedSince(std::span<const FileDependency> dependencies,
                                      int64_t taken_ns, size_t limit);

// Whether a snapshot taken now could do without the content of some files.
bool IsWorthRetaking(const Snapshot& snapshot);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_SNAPSHOT_H_
