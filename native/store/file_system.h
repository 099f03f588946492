// What the file system that a file lies on lets readers rely on.

#ifndef FLATMANIFEST_STORE_FILE_SYSTEM_H_
#define FLATMANIFEST_STORE_FILE_SYSTEM_H_

#include <cstdint>

namespace flatmanifest {

// Whether a mapped file of a file system of this kind (statfs's f_type on Linux) stays whole after
// another machine has replaced it. On NFS, SMB, AFS and 9P the server forgets a file that has lost
// its name, whoever maps it elsewhere: the next page that is touched is SIGBUS. File systems that
// are not known to do this (local ones, FUSE, which hides such files, clusters such as Lustre and
// Ceph, which keep them) do not.
bool KeepsMappedFiles(int64_t kind);

// The same of an open file. True if the system does not say.
bool KeepsMappedFile(int fd);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_FILE_SYSTEM_H_
