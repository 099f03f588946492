#include "freshness/snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "freshness/directory_scan.h"
#include "store/clock.h"

namespace flatmanifest {

namespace {

// The coarsest clock of a file system (FAT).
constexpr int64_t kClockGranularityNs = 2'000'000'000;

int64_t ChangedNs(const struct stat& status) {
  return std::max(ModifiedNs(status), InodeChangedNs(status));
}

Snapshot ScanAll(std::span<const FileDependency> dependencies, const IsByContent& is_by_content,
                 KeptContents* kept = nullptr) {
  Snapshot snapshot;
  snapshot.taken_ns = Now();
  ScanResult found = ScanDirectories(dependencies, is_by_content, ThreadCount(), kept);
  snapshot.digest_low = found.digest_low;
  snapshot.digest_high = found.digest_high;
  snapshot.file_count = found.file_count;
  snapshot.by_content = std::move(found.by_content);
  return snapshot;
}

// Gives the file a time that no later write gives it: a write sets the time of the system's last
// tick.
bool Settle(const std::string& path) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  now.tv_nsec |= 1;
  const timespec times[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, now};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return false;
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && ModifiedNs(status) == Nanoseconds(now);
}

}  // namespace

Snapshot TakeSnapshot(std::span<const FileDependency> dependencies, KeptContents* kept) {
  const int64_t now = Now();
  const auto is_by_content = [now](const std::string& /*path*/, const struct stat& status) {
    return ChangedNs(status) + kClockGranularityNs >= now;
  };
  return ScanAll(dependencies, is_by_content, kept);
}

Snapshot TakeSnapshotOfNew(const std::string& path) {
  const FileDependency file{path};
  if (!Settle(path)) return TakeSnapshot({&file, 1});
  return ScanAll({&file, 1}, [](const std::string&, const struct stat&) { return false; });
}

Snapshot TakeSnapshotLike(std::span<const FileDependency> dependencies, const Snapshot& earlier) {
  const auto& paths = earlier.by_content;
  return ScanAll(dependencies, [&paths](const std::string& path, const struct stat& /*status*/) {
    return std::binary_search(paths.begin(), paths.end(), path);
  });
}

std::vector<std::string> ChangedSince(std::span<const FileDependency> dependencies,
                                      int64_t taken_ns, size_t limit) {
  namespace fs = std::filesystem;
  std::vector<std::string> changed;
  const auto look_at = [&](const fs::path& path) {
    struct stat status {};
    if (changed.size() >= limit || ::stat(path.c_str(), &status) != 0) return;
    if (ChangedNs(status) > taken_ns) changed.push_back(path.string());
  };
  constexpr auto kOptions = fs::directory_options::follow_directory_symlink |
                            fs::directory_options::skip_permission_denied;
  for (const auto& [root, use] : dependencies) {
    if (use == FileUse::kProbed) continue;
    look_at(root);
    std::error_code error;
    if (use != FileUse::kRead || !fs::is_directory(root, error)) continue;
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
