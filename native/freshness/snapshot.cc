#include "freshness/snapshot.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "format/error.h"

namespace flatmanifest {

namespace {

// Of file systems' clocks: FAT's is the coarsest.
constexpr int64_t kClockGranularityNs = 2'000'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int kMaxDirectoryDepth = 100;
constexpr std::string_view kAlone = "/.";
constexpr size_t kChunk = size_t{1} << 16;

int64_t Nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * kNsPerSecond + time.tv_nsec;
}

int64_t Now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now);
}

class Scan {
 public:
  // `earlier`: whose files to read; none: those that were changed just now, unless `reads` is off.
  explicit Scan(const Snapshot* earlier, bool reads = true) : earlier_(earlier), reads_(reads) {
    XXH3_128bits_reset(state_.get());
    snapshot_.taken_ns = Now();
  }

  void Add(const std::string& root) { AddPath(root, 0); }

  Snapshot Finish() {
    const XXH128_hash_t digest = XXH3_128bits_digest(state_.get());
    snapshot_.digest_low = digest.low64;
    snapshot_.digest_high = digest.high64;
    std::sort(snapshot_.by_content.begin(), snapshot_.by_content.end());
    return std::move(snapshot_);
  }

 private:
  enum class Mark : uint64_t { kMissing, kFile, kDirectory, kContent, kOther, kDirectoryAlone };

  void Update(const void* bytes, size_t size) { XXH3_128bits_update(state_.get(), bytes, size); }
  void Update(uint64_t number) { Update(&number, sizeof(number)); }
  void Update(Mark mark) { Update(static_cast<uint64_t>(mark)); }
  void Update(std::string_view text) {
    Update(uint64_t{text.size()});
    Update(text.data(), text.size());
  }

  void Update(const struct stat& status) {
    Update(static_cast<uint64_t>(status.st_size));
    Update(static_cast<uint64_t>(Nanoseconds(status.st_mtim)));
    Update(static_cast<uint64_t>(Nanoseconds(status.st_ctim)));
    Update(static_cast<uint64_t>(status.st_ino));
    Update(static_cast<uint64_t>(status.st_dev));
  }

  void AddPath(const std::string& path, int depth) {
    struct stat status {};
    Update(path);
    if (::stat(path.c_str(), &status) != 0) {
      // A link to nowhere is as good as nothing, to dbt too.
      if (errno != ENOENT && errno != ENOTDIR) throw IoError("cannot read", path, errno);
      return Update(Mark::kMissing);
    }
    if (S_ISDIR(status.st_mode)) {
      if (!path.ends_with(kAlone)) return AddDirectory(path, depth);
      Update(Mark::kDirectoryAlone);
      return Update(status);
    }
    if (!S_ISREG(status.st_mode)) return Update(Mark::kOther);
    AddFile(path, status);
  }

  void AddFile(const std::string& path, const struct stat& status) {
    Update(Mark::kFile);
    Update(status);
    ++snapshot_.file_count;
    if (!IsByContent(path, status)) return;
    snapshot_.by_content.push_back(path);
    AddContent(path);
  }

  bool IsByContent(const std::string& path, const struct stat& status) const {
    if (earlier_ != nullptr) {
      const auto& paths = earlier_->by_content;
      return std::binary_search(paths.begin(), paths.end(), path);
    }
    return reads_ && std::max(Nanoseconds(status.st_mtim), Nanoseconds(status.st_ctim)) +
                             kClockGranularityNs >=
                         snapshot_.taken_ns;
  }

  void AddContent(const std::string& path) {
    Update(Mark::kContent);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw IoError("cannot open", path, errno);
    char chunk[kChunk];
    for (;;) {
      const ssize_t got = ::read(fd, chunk, sizeof(chunk));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        const int error = errno;
        ::close(fd);
        throw IoError("cannot read", path, error);
      }
      if (got == 0) break;
      Update(chunk, static_cast<size_t>(got));
    }
    ::close(fd);
  }

  void AddDirectory(const std::string& path, int depth) {
    if (depth >= kMaxDirectoryDepth) throw IoError("directories nest without end", path, ELOOP);
    Update(Mark::kDirectory);
    std::string inner = path + '/';
    for (const std::string& name : NamesIn(path)) {
      inner.resize(path.size() + 1);
      inner += name;
      AddPath(inner, depth + 1);
    }
    Update(Mark::kDirectory);  // its end
  }

  static std::vector<std::string> NamesIn(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
    if (directory == nullptr) throw IoError("cannot read", path, errno);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) {
        if (errno != 0) throw IoError("cannot read", path, errno);
        break;
      }
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      const bool is_hidden = name[0] == '.' || name[0] == '#' || name[0] == '~';
      if (is_hidden && entry->d_type == DT_REG) continue;
      names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };

  const Snapshot* const earlier_;
  const bool reads_;
  Snapshot snapshot_;
  const std::unique_ptr<XXH3_state_t, FreeState> state_{XXH3_createState()};
};

// Gives the file a time that no later write gives it: those have the time of the system's last
// tick.
bool Settle(const std::string& path) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  now.tv_nsec |= 1;
  const timespec times[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, now};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return false;
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && Nanoseconds(status.st_mtim) == Nanoseconds(now);
}

Snapshot ScanAll(std::span<const std::string> roots, const Snapshot* earlier) {
  Scan scan(earlier);
  for (const std::string& root : roots) scan.Add(root);
  return scan.Finish();
}

}  // namespace

Snapshot TakeSnapshot(std::span<const std::string> roots) { return ScanAll(roots, nullptr); }

Snapshot TakeSnapshotOfNew(const std::string& path) {
  const bool is_settled = Settle(path);
  Scan scan(nullptr, !is_settled);
  scan.Add(path);
  return scan.Finish();
}

Snapshot TakeSnapshotLike(std::span<const std::string> roots, const Snapshot& earlier) {
  return ScanAll(roots, &earlier);
}

std::vector<std::string> ChangedSince(std::span<const std::string> roots, int64_t taken_ns,
                                      size_t limit) {
  namespace fs = std::filesystem;
  std::vector<std::string> changed;
  const auto look_at = [&](const fs::path& path) {
    struct stat status {};
    if (changed.size() >= limit || ::stat(path.c_str(), &status) != 0) return;
    const int64_t time = std::max(Nanoseconds(status.st_mtim), Nanoseconds(status.st_ctim));
    if (time > taken_ns) changed.push_back(path.string());
  };
  constexpr auto kOptions = fs::directory_options::follow_directory_symlink |
                            fs::directory_options::skip_permission_denied;
  for (const std::string& root : roots) {
    look_at(root);
    std::error_code error;
    if (root.ends_with(kAlone) || !fs::is_directory(root, error)) continue;
    for (fs::recursive_directory_iterator each(root, kOptions, error), end; !error && each != end;
         each.increment(error)) {
      look_at(each->path());
    }
  }
  return changed;
}

bool IsWorthRetaking(const Snapshot& snapshot) {
  return !snapshot.by_content.empty() && snapshot.taken_ns + kClockGranularityNs < Now();
}

}  // namespace flatmanifest
