// A file's bytes in this process's address space, and the document they hold.

#ifndef FLATMANIFEST_STORE_MANIFEST_FILE_H_
#define FLATMANIFEST_STORE_MANIFEST_FILE_H_

#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "format/document.h"
#include "store/file_identity.h"
#include "store/file_system.h"

namespace flatmanifest {

// kCopied reads the file into memory of its own, O(size), and checks the checksum: for files that
// others may write to or cut off in place, which kills a process that has them mapped (SIGBUS).
enum class Access : uint8_t { kMapped, kCopied };

// Immutable and safe from several threads. Held by shared_ptr: whoever hands out something that
// points into the mapping hands out a share of it too.
class ManifestFile {
 public:
  using KeepsMapped = bool(int fd);

  // Opens the generation that is there now, and keeps it, whatever becomes of the path. Maps the
  // file read-only: several processes that open the same file share its pages. Where a file system
  // does not keep mapped files (store/file_system.h), it is copied instead. Throws FormatError, or
  // IoError if it cannot be read.
  static std::shared_ptr<const ManifestFile> Open(const std::string& path,
                                                  Access access = Access::kMapped,
                                                  KeepsMapped keeps_mapped = KeepsMappedFile);

  // Opens the file if it still is that generation, with that checksum; else throws GenerationError.
  // For what was told of a manifest by another process.
  static std::shared_ptr<const ManifestFile> OpenGeneration(const std::string& path,
                                                            uint64_t generation, uint64_t checksum,
                                                            Access access = Access::kMapped);

  // A copy of `bytes` in anonymous shared memory, which forked children share. `name` is for
  // messages.
  static std::shared_ptr<const ManifestFile> OpenAnonymous(std::span<const std::byte> bytes,
                                                           const std::string& name);

  // The file at `path`, if it is not this one; null if it is, or if there is none. One system call
  // if nothing has changed. Throws as Open does.
  std::shared_ptr<const ManifestFile> OpenReplacement(const std::string& path) const;

  const Document& document() const { return document_; }
  // As it was asked for.
  Access access() const { return access_; }
  // The absolute path that it was opened at; empty for what came from memory alone.
  const std::string& location() const { return location_; }

 private:
  // Of a file that is no file of its own, `identity` is nothing.
  ManifestFile(boost::interprocess::mapped_region region, const std::string& name, Access access,
               std::optional<FileIdentity> identity);

  static std::shared_ptr<const ManifestFile> Map(const std::string& path, KeepsMapped keeps_mapped);
  static std::shared_ptr<const ManifestFile> Copy(const std::string& path, Access access);

  boost::interprocess::mapped_region region_;
  Document document_;
  Access access_;
  std::optional<FileIdentity> identity_;
  std::string location_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_MANIFEST_FILE_H_
