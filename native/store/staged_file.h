// The next file of a path, while it is being written: at most one at a time.

#ifndef FLATMANIFEST_STORE_STAGED_FILE_H_
#define FLATMANIFEST_STORE_STAGED_FILE_H_

#include <chrono>
#include <string>

#include "store/descriptor.h"

namespace flatmanifest {

// ".manifest.fman.tmp" beside manifest.fman: new, empty, and locked. The temporary file is the lock
// of the writers: the process that created it and holds flock(2) on it is the only writer of the
// path, and later writers wait for it. So no separate lock file has to stay for ever. The next
// writer opens the same name and recognises a leftover by its missing lock.
//
// Why flock: the kernel releases it when its holder dies, however that happens. It belongs to the
// open file, not to the process as fcntl's locks do (Boost.Interprocess's file_lock is one of
// those). So threads of one process exclude each other, and closing another descriptor of the file
// releases nothing. A child that is forked meanwhile shares it; that does no harm once the file has
// been renamed, because nobody waits for that file any more.
//
// Used by one thread. Throws IoError, which names the path that is written, as all of store does.
class StagedFile {
 public:
  // The longest wait for a single writer. Writing takes milliseconds, or seconds on a slow disk, so
  // a writer that takes longer has been stopped.
  static constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(2);

  // Becomes the writer of `path`, which need not exist; its directory must. Waits for other
  // writers, and throws IoError (ETIMEDOUT) if one of them takes longer than `patience`. Also
  // throws if the file system has no locks, because writers would then take each other's files for
  // leftovers.
  explicit StagedFile(const std::string& path, std::chrono::milliseconds patience = kPatience);
  // Removes the file, unless it was renamed.
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  // The descriptor for writing.
  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }

  // Renames the file to the path. Another writer may begin as soon as this is done. Also throws if
  // a process that ignores locks has removed the file: the name may then be another file's.
  void RenameIntoPlace();

  // Removes a file of such a name unless a living writer has it. For paths that nobody will write
  // again.
  static void RemoveAbandoned(const std::string& name);

 private:
  const std::string path_;
  const std::string name_;
  const Descriptor fd_;
  bool is_renamed_ = false;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_STAGED_FILE_H_
