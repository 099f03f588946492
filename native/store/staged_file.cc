#include "store/staged_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "format/error.h"
#include "format/interruption.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{1};
constexpr milliseconds kLongestPause{16};

std::string StagedName(const fs::path& path) {
  return (path.parent_path() / ("." + path.filename().string() + ".tmp")).string();
}

// Whether the name still refers to the open file.
bool IsNamed(int fd, const std::string& name) {
  struct stat ours;
  struct stat named;
  return ::fstat(fd, &ours) == 0 && ::lstat(name.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

// The holder of a file's lock, as far as the system tells.
std::string HolderOf(ino_t file) {
  // "1: FLOCK  ADVISORY  WRITE 4711 fe:01:123456 0 EOF"
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, mode, access, process, place;
    if (!(words >> number >> kind >> mode >> access >> process >> place)) continue;
    const bool is_it = place.substr(place.rfind(':') + 1) == std::to_string(file);
    // Processes that are invisible to this one are 0 or negative.
    if (kind == "FLOCK" && is_it && process > "0") return "process " + process;
  }
  return "fuser or lsof tell which";
}

// Waits among the writers of one path.
class Queue {
 public:
  Queue(const std::string& path, const std::string& name, milliseconds patience)
      : path_(path), name_(name), patience_(patience) {}

  Descriptor Claim() {
    for (;;) {
      Descriptor fd(
          ::open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kNewFileMode));
      if (fd.get() >= 0) {
        // Between the two calls, another writer may have removed the file as a leftover.
        if (TryLock(fd.get()) && IsNamed(fd.get(), name_)) return fd;
      } else if (errno != EEXIST) {
        throw IoError("cannot write", path_, errno);
      } else {
        PassOthers();
      }
    }
  }

 private:
  // Removes the file of a dead writer, or waits a little for a living one.
  void PassOthers() {
    const Descriptor fd = OpenOthers();
    if (fd.get() < 0) return;
    if (!TryLock(fd.get())) return Wait(fd.get());
    // Without this name, the file was renamed into place meanwhile.
    if (IsNamed(fd.get(), name_)) Remove();
  }

  // No descriptor if the file is gone.
  Descriptor OpenOthers() {
    // Opening a pipe in its place must not wait for its other end.
    constexpr int kFlags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    Descriptor fd(::open(name_.c_str(), O_RDWR | kFlags));
    if (fd.get() >= 0) return fd;
    // Another user's file: flock needs no permission to write.
    if (errno == EACCES) return OpenForReading(kFlags);
    if (errno == ELOOP) {
      Remove();  // a symbolic link, which no writer makes
    } else if (errno != ENOENT) {
      Fail(errno);
    }
    return fd;
  }

  Descriptor OpenForReading(int flags) {
    Descriptor fd(::open(name_.c_str(), O_RDONLY | flags));
    if (fd.get() < 0 && errno != ENOENT) Fail(errno);
    return fd;
  }

  void Remove() {
    if (::unlink(name_.c_str()) != 0 && errno != ENOENT) Fail(errno);
  }

  [[noreturn]] void Fail(int error_number) const {
    throw IoError("cannot write", path_, error_number,
                  std::generic_category().message(error_number) + ": " + name_ +
                      ", which another writer has left, is in the way; remove it");
  }

  bool TryLock(int fd) const {
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return false;
      if (errno == EINTR) continue;
      const int error_number = errno;
      ::unlink(name_.c_str());
      throw IoError("cannot write", path_, error_number,
                    "the file system cannot lock files (" +
                        std::generic_category().message(error_number) +
                        "), so that several writers would damage each other's; write to a local "
                        "directory and move the file");
    }
    return true;
  }

  void Wait(int fd) {
    struct stat status;
    const ino_t writer = ::fstat(fd, &status) == 0 ? status.st_ino : 0;
    const auto now = Clock::now();
    if (writer != waited_for_) {
      waited_for_ = writer;
      since_ = now;
      pause_ = kFirstPause;
    } else if (now - since_ > patience_) {
      throw IoError("cannot write", path_, ETIMEDOUT,
                    "another process has been writing it for " +
                        std::to_string(patience_.count() / 1000) + " s and holds " + name_ + " (" +
                        HolderOf(writer) + "); see what has stopped it");
    }
    CheckInterruption();
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(2 * pause_, kLongestPause);
  }

  const std::string& path_;
  const std::string& name_;
  const milliseconds patience_;
  ino_t waited_for_ = 0;
  Clock::time_point since_;
  milliseconds pause_ = kFirstPause;
};

}  // namespace

StagedFile::StagedFile(const std::string& path, milliseconds patience)
    : path_(path), name_(StagedName(path)), fd_(Queue(path_, name_, patience).Claim()) {}

StagedFile::~StagedFile() {
  if (!is_renamed_ && IsNamed(fd_.get(), name_)) ::unlink(name_.c_str());
}

void StagedFile::RenameIntoPlace() {
  if (!IsNamed(fd_.get(), name_)) {
    throw IoError("cannot replace", path_, ENOENT,
                  name_ + ", which was to become it, has been removed meanwhile");
  }
  if (std::rename(name_.c_str(), path_.c_str()) != 0) throw IoError("cannot replace", path_, errno);
  is_renamed_ = true;
}

void StagedFile::RemoveAbandoned(const std::string& name) {
  const Descriptor fd(::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (fd.get() < 0 || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return;
  if (IsNamed(fd.get(), name)) ::unlink(name.c_str());
}

}  // namespace flatmanifest
