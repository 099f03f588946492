// An .fman file in this process's address space, and its document.

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

// kCopied reads the file into private memory, O(size), and checks the checksum. It is for files
// that others may write to or truncate in place: that kills a process that has the file mapped
// (SIGBUS).
enum class Access : uint8_t { kMapped, kCopied };

// Immutable and safe from several threads. Held by shared_ptr: an object that points into the
// mapping must hold a share of it.
class ManifestFile {
 public:
  using KeepsMapped = bool(int fd);

  // Opens the current generation and keeps it, whatever happens to the path. Maps the file
  // read-only, so several processes that open it share its pages. On a file system that does not
  // keep mapped files (store/file_system.h), the file is copied instead. Throws FormatError, or
  // IoError if it cannot be read.
  static std::shared_ptr<const ManifestFile> Open(const std::string& path,
                                                  Access access = Access::kMapped,
                                                  KeepsMapped keeps_mapped = KeepsMappedFile);

  // Opens the file if it still is that generation, with that checksum; else throws GenerationError.
  // For a manifest that another process has passed on.
  static std::shared_ptr<const ManifestFile> OpenGeneration(const std::string& path,
                                                            uint64_t generation, uint64_t checksum,
                                                            Access access = Access::kMapped);

  // A copy of `bytes` in anonymous shared memory, which forked children share. `name` is for
  // messages.
  static std::shared_ptr<const ManifestFile> OpenAnonymous(std::span<const std::byte> bytes,
                                                           const std::string& name);

  // The file at `path`; null if it is still this file, or if there is none. One system call if
  // nothing has changed. Throws as Open does.
  std::shared_ptr<const ManifestFile> OpenReplacement(const std::string& path) const;

  const Document& document() const { return document_; }
  // The access that was asked for.
  Access access() const { return access_; }
  // The absolute path at the time of opening; empty for a document without a file.
  const std::string& location() const { return location_; }

 private:
  // `identity` is nothing for a document without a file.
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
