// Guarantees of the file system of a file.

#ifndef FLATMANIFEST_STORE_FILE_SYSTEM_H_
#define FLATMANIFEST_STORE_FILE_SYSTEM_H_

#include <cstdint>

namespace flatmanifest {

// Whether a mapped file of a file system of this kind (statfs's f_type on Linux) stays whole after
// another machine has replaced it. On NFS, SMB, AFS and 9P, the server forgets a file that has lost
// its name, even if it is mapped elsewhere: the next access to a page is SIGBUS. True for file
// systems that are not known to do this (local ones; FUSE, which hides such files; clusters such as
// Lustre and Ceph, which keep them).
bool KeepsMappedFiles(int64_t kind);

// The same for the file system of an open file. True if the system cannot tell.
bool KeepsMappedFile(int fd);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_FILE_SYSTEM_H_
