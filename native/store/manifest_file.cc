#include "store/manifest_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "format/checksum.h"
#include "format/error.h"
#include "store/descriptor.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;
namespace ipc = boost::interprocess;

// A file that is being written to is read again, up to this many times.
constexpr int kReadAttempts = 5;

std::span<const std::byte> Bytes(const ipc::mapped_region& region) {
  return {static_cast<const std::byte*>(region.get_address()), region.get_size()};
}

// Checks that the path is a regular file that is not empty, so that it can be mapped.
void CheckMappable(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw IoError("cannot open", path, error ? error.value() : ENOENT);
  }
  if (fs::is_directory(status)) throw IoError("cannot open", path, EISDIR);
  if (!fs::is_regular_file(status)) throw FormatError(path + ": not a regular file");
  if (fs::file_size(path, error) == 0 && !error) throw FormatError(path + ": the file is empty");
}

ipc::mapped_region AnonymousMemory(size_t size, const std::string& name) {
  try {
    return ipc::anonymous_shared_memory(size);
  } catch (const ipc::interprocess_exception& failure) {
    throw IoError("cannot allocate memory for", name, failure.get_native_error());
  }
}

// Fills `memory` with the first bytes of a file; missing bytes are zero.
void ReadInto(const ipc::mapped_region& memory, int fd, const std::string& path) {
  auto* to = static_cast<char*>(memory.get_address());
  size_t left = memory.get_size();
  while (left > 0) {
    const ssize_t got = ::read(fd, to, left);
    if (got == 0) return;
    if (got < 0) {
      if (errno == EINTR) continue;
      throw IoError("cannot read", path, errno);
    }
    to += got;
    left -= static_cast<size_t>(got);
  }
}

void CheckChecksum(const Document& document) {
  if (Checksum(document.bytes(), document.checksum_offset()) != document.header().checksum) {
    document.Fail("the checksum is wrong (damaged, or written to while it was read)");
  }
}

}  // namespace

ManifestFile::ManifestFile(ipc::mapped_region region, const std::string& name, Access access,
                           std::optional<FileIdentity> identity)
    : region_(std::move(region)),
      document_(Document::Open(Bytes(region_), name)),
      access_(access),
      identity_(identity) {
  if (identity_) location_ = fs::absolute(name).string();
}

std::shared_ptr<const ManifestFile> ManifestFile::Open(const std::string& path, Access access,
                                                       KeepsMapped keeps_mapped) {
  if (access == Access::kMapped) return Map(path, keeps_mapped);
  for (int attempt = 1;; ++attempt) {
    try {
      return Copy(path, access);
    } catch (const FormatError&) {
      if (attempt == kReadAttempts) throw;
    }
  }
}

std::shared_ptr<const ManifestFile> ManifestFile::Map(const std::string& path,
                                                      KeepsMapped keeps_mapped) {
  CheckMappable(path);
  ipc::mapped_region region;
  FileIdentity identity;
  try {
    const ipc::file_mapping mapping(path.c_str(), ipc::read_only);
    const int fd = mapping.get_mapping_handle().handle;
    if (!keeps_mapped(fd)) return Copy(path, Access::kMapped);
    identity = IdentityOf(fd, path);
    region = ipc::mapped_region(mapping, ipc::read_only);
  } catch (const ipc::interprocess_exception& failure) {
    throw IoError("cannot open", path, failure.get_native_error());
  }
  return std::shared_ptr<const ManifestFile>(
      new ManifestFile(std::move(region), path, Access::kMapped, identity));
}

std::shared_ptr<const ManifestFile> ManifestFile::Copy(const std::string& path, Access access) {
  CheckMappable(path);
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) throw IoError("cannot open", path, errno);
  const FileIdentity identity = IdentityOf(fd.get(), path);
  if (identity.size == 0) throw FormatError(path + ": the file is empty");
  ipc::mapped_region memory = AnonymousMemory(identity.size, path);
  ReadInto(memory, fd.get(), path);
  std::shared_ptr<const ManifestFile> file(
      new ManifestFile(std::move(memory), path, access, identity));
  CheckChecksum(file->document());
  return file;
}

std::shared_ptr<const ManifestFile> ManifestFile::OpenGeneration(const std::string& path,
                                                                 uint64_t generation,
                                                                 uint64_t checksum, Access access) {
  const std::string wanted = path + ": generation " + std::to_string(generation) + " is gone: ";
  const std::string advice =
      "; open the path again for the newest one, or send to_dict() where the data must be this";
  if (!IdentityAt(path)) throw GenerationError(wanted + "there is no file any more" + advice);
  auto file = Open(path, access);
  const Header& header = file->document().header();
  if (header.generation == generation && header.checksum == checksum) return file;
  throw GenerationError(wanted + "the file is " +
                        (header.generation == generation ? "another generation " : "generation ") +
                        std::to_string(header.generation) + " now" + advice);
}

std::shared_ptr<const ManifestFile> ManifestFile::OpenAnonymous(std::span<const std::byte> bytes,
                                                                const std::string& name) {
  ipc::mapped_region region = AnonymousMemory(bytes.size(), name);
  std::memcpy(region.get_address(), bytes.data(), bytes.size());
  return std::shared_ptr<const ManifestFile>(
      new ManifestFile(std::move(region), name, Access::kMapped, std::nullopt));
}

std::shared_ptr<const ManifestFile> ManifestFile::OpenReplacement(const std::string& path) const {
  const auto there = IdentityAt(path);
  if (!there || there == identity_) return nullptr;
  std::shared_ptr<const ManifestFile> file;
  try {
    file = Open(path, access_);
  } catch (const IoError& failure) {
    if (failure.error_number() != ENOENT) throw;
    return nullptr;
  }
  // The file may only have been touched.
  const Header& ours = document_.header();
  const Header& theirs = file->document().header();
  const bool is_same =
      identity_ && ours.generation == theirs.generation && ours.checksum == theirs.checksum;
  return is_same ? nullptr : file;
}

}  // namespace flatmanifest
