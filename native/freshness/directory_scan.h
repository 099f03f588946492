// A digest over files and directories, computed by several threads.
//
// The work is divided into parts of directories, because a project may have all its files in one
// directory. Each part has its own digest. The digest of the whole is over those of the parts,
// sorted by place.

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

class KeptContents;  // freshness/kept_contents.h

// How a path is depended on.
enum class FileUse {
  kRead,    // the file, or the directory with all that is below it
  kListed,  // the names in the directory
  kProbed,  // whether there is anything, and of what kind
  kAlone,   // the file or directory itself: its inode and times, which change with a directory's
            // names
};

// The names of uses in Python and in cache files.
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

// Decides whether a file's content goes into the digest. Called from several threads.
using IsByContent = std::function<bool(const std::string& path, const struct stat& status)>;

// Whether dbt reads no regular file of this name (dbt.parser.search, filesystem_search).
bool IsHidden(std::string_view name);

// The sorted names of everything in a directory. Throws IoError.
std::vector<std::string> SortedNames(const std::string& directory);

// The number of threads that helps on this machine.
unsigned ThreadCount();

// Looks at `dependencies` as described at TakeSnapshot, with up to `thread_count` threads including
// the caller's, and takes contents from `kept` if that is not nullptr. Throws IoError.
ScanResult ScanDirectories(std::span<const FileDependency> dependencies,
                           const IsByContent& is_by_content, unsigned thread_count,
                           KeptContents* kept = nullptr);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_DIRECTORY_SCAN_H_
