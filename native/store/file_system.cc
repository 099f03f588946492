#include "store/file_system.h"

#ifdef __APPLE__
#include <sys/mount.h>
#include <sys/param.h>
#else
#include <sys/vfs.h>
#endif

#include <algorithm>
#include <array>

namespace flatmanifest {

namespace {

// From linux/magic.h, and from the file systems' own headers where that lacks a number.
constexpr std::array<int64_t, 8> kForgetful = {
    0x6969,      // NFS
    0xFF534D42,  // CIFS
    0xFE534D42,  // SMB2 and later
    0x517B,      // smbfs
    0x01021997,  // 9P: containers' and WSL's shares with their host
    0x5346414F,  // AFS (OpenAFS)
    0x6B414653,  // AFS (Linux's own)
    0x564C,      // NCP
};

}  // namespace

bool KeepsMappedFiles(int64_t kind) {
  // f_type is a signed 32-bit number on some machines.
  const int64_t magic = kind & 0xFFFFFFFF;
  return std::find(kForgetful.begin(), kForgetful.end(), magic) == kForgetful.end();
}

bool KeepsMappedFile(int fd) {
  struct statfs status;
  if (::fstatfs(fd, &status) != 0) return true;
#ifdef __APPLE__
  return (status.f_flags & MNT_LOCAL) != 0;
#else
  return KeepsMappedFiles(status.f_type);
#endif
}

}  // namespace flatmanifest
