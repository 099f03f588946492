#include "store/file_identity.h"

#include <sys/stat.h>

#include <cerrno>

#include "format/error.h"
#include "store/clock.h"

namespace flatmanifest {

namespace {

FileIdentity IdentityFrom(const struct stat& status) {
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = static_cast<uint64_t>(status.st_size),
          .mtime_ns = ModifiedNs(status)};
}

}  // namespace

FileIdentity IdentityOf(int fd, const std::string& path) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw IoError("cannot read", path, errno);
  return IdentityFrom(status);
}

std::optional<FileIdentity> IdentityAt(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return IdentityFrom(status);
}

}  // namespace flatmanifest
