#include "store/file_system.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "testing/scratch_directory.h"

namespace flatmanifest {
namespace {

TEST(FileSystemTest, NetworkFileSystemsForgetMappedFiles) {
  // NFS, CIFS, SMB2, 9P, AFS. Numbers above 2^31 are negative on some machines.
  for (const int64_t kind : {0x6969L, 0xFF534D42L, 0xFE534D42L, 0x01021997L, 0x5346414FL}) {
    EXPECT_FALSE(KeepsMappedFiles(kind)) << kind;
    EXPECT_FALSE(KeepsMappedFiles(static_cast<int32_t>(kind))) << kind;
  }
}

TEST(FileSystemTest, OthersKeepThem) {
  // ext4, xfs, btrfs, tmpfs, overlayfs, zfs, FUSE, Ceph, Lustre, and an unknown one.
  for (const int64_t kind : {0xEF53L, 0x58465342L, 0x9123683EL, 0x01021994L, 0x794C7630L,
                             0x2FC12FC1L, 0x65735546L, 0x00C36400L, 0x0BD00BD0L, 0x12345678L}) {
    EXPECT_TRUE(KeepsMappedFiles(kind)) << kind;
  }
}

TEST(FileSystemTest, OpenFilesAreAsked) {
  const testing::ScratchDirectory directory;
  testing::WriteFile(directory / "a", "");
  const int fd = ::open((directory / "a").c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_TRUE(KeepsMappedFile(fd));
  ::close(fd);
  EXPECT_TRUE(KeepsMappedFile(-1));
}

}  // namespace
}  // namespace flatmanifest
