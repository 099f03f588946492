// Distinguishes a file from another that has taken its name.

#ifndef FLATMANIFEST_STORE_FILE_IDENTITY_H_
#define FLATMANIFEST_STORE_FILE_IDENTITY_H_

#include <cstdint>
#include <optional>
#include <string>

namespace flatmanifest {

// The identity of a file that is replaced as a whole. As long as the old file is held open or
// mapped, the new one differs from it at least in its inode.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t mtime_ns = 0;

  bool operator==(const FileIdentity&) const = default;
};

// The identity of an open file. Throws IoError, which names `path`.
FileIdentity IdentityOf(int fd, const std::string& path);

// The identity of the file at `path` now; nothing if it cannot be looked at. One system call.
std::optional<FileIdentity> IdentityAt(const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_FILE_IDENTITY_H_
