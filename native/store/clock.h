// Times in nanoseconds since 1970 (Unix time): now, and those that stat() gives.

#ifndef FLATMANIFEST_STORE_CLOCK_H_
#define FLATMANIFEST_STORE_CLOCK_H_

#include <sys/stat.h>

#include <cstdint>
#include <ctime>

namespace flatmanifest {

inline constexpr int64_t kNsPerSecond = 1'000'000'000;

inline int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * kNsPerSecond + time.tv_nsec;
}

// The system's wall clock.
inline int64_t Now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now);
}

// st_mtim: when the contents were last written.
inline int64_t ModifiedNs(const struct stat& status) {
#ifdef __APPLE__
  return Nanoseconds(status.st_mtimespec);
#else
  return Nanoseconds(status.st_mtim);
#endif
}

// st_ctim: when the contents or the inode last changed.
inline int64_t InodeChangedNs(const struct stat& status) {
#ifdef __APPLE__
  return Nanoseconds(status.st_ctimespec);
#else
  return Nanoseconds(status.st_ctim);
#endif
}

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_CLOCK_H_
