// The next file of a path, while it is being written: at most one at a time.

#ifndef FLATMANIFEST_STORE_STAGED_FILE_H_
#define FLATMANIFEST_STORE_STAGED_FILE_H_

#include <chrono>
#include <string>

#include "store/descriptor.h"

namespace flatmanifest {

// ".manifest.fman.tmp" beside manifest.fman, new, empty, and locked. The temporary file is the
// writers' lock: who has created it and holds flock(2) on it is the one writer of the path, and
// whoever comes later waits for it. So the lock needs no file of its own, which would have to stay
// for ever; and what a dead writer leaves behind is found by the next one, which cannot but come
// upon it, and told from what a living one writes by its being locked.
//
// Why flock: the kernel frees it when its holder dies, however that happens. It belongs to the open
// file, not to the process as fcntl's locks do (Boost.Interprocess's file_lock is one of those), so
// threads of one process exclude each other, and closing another descriptor of the file frees
// nothing. A child that is forked meanwhile shares it, which does no harm once the file has been
// renamed: nobody waits for that one any more.
//
// Used by one thread. Throws IoError, which names the path that is written, as all of store does.
class StagedFile {
 public:
  // How long a single writer is waited for. Writing is a matter of milliseconds, or seconds on a
  // slow disk: after this long it has been stopped.
  static constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(2);

  // Becomes the writer of `path`, which need not exist; its directory must. Waits for others, and
  // throws IoError (ETIMEDOUT) if one of them takes longer than `patience`; also where the file
  // system has no locks, because writers would take each other's files for leftovers.
  explicit StagedFile(const std::string& path, std::chrono::milliseconds patience = kPatience);
  // Removes the file, unless it has been renamed.
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  // For writing.
  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }

  // Makes it the file at the path. Another writer may begin as soon as this is done. Throws too if
  // someone who does not ask for locks has removed the file: the name may be another's by now.
  void RenameIntoPlace();

  // Removes a file of such a name if no living writer has it. For what nobody will write again.
  static void RemoveAbandoned(const std::string& name);

 private:
  const std::string path_;
  const std::string name_;
  const Descriptor fd_;
  bool is_renamed_ = false;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_STAGED_FILE_H_
