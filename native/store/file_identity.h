// Telling one file from another that has taken its name.

#ifndef FLATMANIFEST_STORE_FILE_IDENTITY_H_
#define FLATMANIFEST_STORE_FILE_IDENTITY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace flatmanifest {

// Of a file that is replaced as a whole: as long as the old one is held open or mapped, the new one
// differs from it at least in its inode.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t mtime_ns = 0;

  bool operator==(const FileIdentity&) const = default;
};

// Of an open file. Throws IoError, which names `path`.
FileIdentity IdentityOf(int fd, const std::string& path);

// Of the file at `path` now; nothing if there is none that can be looked at. One system call.
std::optional<FileIdentity> IdentityAt(const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_FILE_IDENTITY_H_
