// A digest over files and directories, looked at by several threads.
//
// Work is shared out in parts of a directory, because a project may have all its files in one. Each
// part has a digest of its own; that of the whole is over the parts', sorted by where they are.

#ifndef FLATMANIFEST_FRESHNESS_DIRECTORY_SCAN_H_
#define FLATMANIFEST_FRESHNESS_DIRECTORY_SCAN_H_

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flatmanifest {

// How a path is depended on.
enum class FileUse {
  kRead,    // the file, or the directory with all that is below it
  kListed,  // the names in the directory
  kProbed,  // whether there is anything, and of what kind
  kAlone,   // the file or directory itself: its inode and times, which change with a directory's
            // names
};

// The names that uses have in Python and in cache files.
inline constexpr std::pair<std::string_view, FileUse> kFileUses[] = {{"read", FileUse::kRead},
                                                                     {"listed", FileUse::kListed},
                                                                     {"probed", FileUse::kProbed},
                                                                     {"alone", FileUse::kAlone}};

struct FileDependency {
  std::string path;
  FileUse use = FileUse::kRead;
};

struct ScanResult {
  uint64_t digest_low = 0;
  uint64_t digest_high = 0;
  uint64_t file_count = 0;
  std::vector<std::string> by_content;  // files whose content is in the digest, sorted
};

// Whether a file's content is to be in the digest. Called from several threads.
using IsByContent = std::function<bool(const std::string& path, const struct stat& status)>;

// As many as help on this machine.
unsigned ThreadCount();

// Looks at `dependencies` as TakeSnapshot says, with up to `thread_count` threads, the caller's
// among them. Throws IoError.
ScanResult ScanDirectories(std::span<const FileDependency> dependencies,
                           const IsByContent& is_by_content, unsigned thread_count);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_DIRECTORY_SCAN_H_
