// The lock of a cache directory.

#ifndef FLATMANIFEST_FRONT_CACHE_LOCK_H_
#define FLATMANIFEST_FRONT_CACHE_LOCK_H_

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <string>

#include "store/descriptor.h"

namespace flatmanifest::front {

// Serializes commands that renew the same artifacts, or count in the same history. Held while the
// object lives. Where there is no directory, or it has no locks, nothing is held.
class CacheLock {
 public:
  explicit CacheLock(const std::string& directory)
      : descriptor_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (descriptor_.get() >= 0 && ::flock(descriptor_.get(), LOCK_EX) != 0 && errno == EINTR) {
    }
  }

 private:
  Descriptor descriptor_;  // closing it unlocks
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_CACHE_LOCK_H_
