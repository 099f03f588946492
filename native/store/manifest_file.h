// A file's bytes in this process's address space, and the document they hold.

#ifndef FLATMANIFEST_STORE_MANIFEST_FILE_H_
#define FLATMANIFEST_STORE_MANIFEST_FILE_H_

#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "format/document.h"

namespace flatmanifest {

// Immutable and safe from several threads. Held by shared_ptr: whoever hands out something that
// points into the mapping hands out a share of it too.
class ManifestFile {
 public:
  // Maps a file read-only. Several processes that open the same file share its pages. Throws
  // FormatError, or IoError if it cannot be read.
  static std::shared_ptr<const ManifestFile> Open(const std::string& path);

  // A copy of `bytes` in anonymous shared memory, which forked children share. `name` is for
  // messages.
  static std::shared_ptr<const ManifestFile> OpenAnonymous(std::span<const std::byte> bytes,
                                                           const std::string& name);

  const Document& document() const { return document_; }

 private:
  ManifestFile(boost::interprocess::mapped_region region, const std::string& name);

  boost::interprocess::mapped_region region_;
  Document document_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_MANIFEST_FILE_H_
