// Detects changes of any files below some directories.
//
// A parse by dbt depends on thousands of small files. A snapshot is one digest over all of them:
// path, size, times, inode and device of each file, and the names in each directory. Taking a
// snapshot reads no file, with one exception: a file that was changed within the clock's
// granularity before the snapshot can change again unseen (git calls it racily clean), so the
// digest covers its content too.

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

// Takes a snapshot of paths, each by its use (FileUse). Symbolic links are followed, as dbt follows
// them; a path that does not exist is part of the digest. Below a directory that is read, files
// whose names begin with '.', '#' or '~' are left out, because dbt reads none of those
// (dbt.parser.search, filesystem_search). Throws IoError for a path that cannot be read, and for
// links in a circle. `kept`: contents to share with other snapshots, and with digests that follow.
Snapshot TakeSnapshot(std::span<const FileDependency> dependencies, KeptContents* kept = nullptr);

// A snapshot of one file that was just written; its content need not be read. The file gets a
// modification time that is more precise than the clock of the system's time stamps, so every later
// write gives it another. Without such times in the file system, or for another user's file, this
// is TakeSnapshot.
Snapshot TakeSnapshotOfNew(const std::string& path);

// The snapshot that these paths give now, with the content of `earlier.by_content` in the digest as
// it was then: SameAs(earlier) if nothing has changed. Throws IoError.
Snapshot TakeSnapshotLike(std::span<const FileDependency> dependencies, const Snapshot& earlier);

// Up to `limit` paths, among and below `dependencies`, whose times are later than a snapshot taken
// at `taken_ns`. For people only: a file that is gone, that was older before it came, or that
// changed in the same tick of the file system's clock (up to 10 ms) is not found. Throws IoError.
std::vector<std::string> ChangedSince(std::span<const FileDependency> dependencies,
                                      int64_t taken_ns, size_t limit);

// Whether a snapshot taken now would need the content of fewer files.
bool IsWorthRetaking(const Snapshot& snapshot);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_SNAPSHOT_H_
