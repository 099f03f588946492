#include "store/manifest_file.h"

#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "format/error.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;
namespace ipc = boost::interprocess;

std::span<const std::byte> Bytes(const ipc::mapped_region& region) {
  return {static_cast<const std::byte*>(region.get_address()), region.get_size()};
}

// What stat says can be mapped: a regular file that is not empty.
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

}  // namespace

ManifestFile::ManifestFile(ipc::mapped_region region, const std::string& name)
    : region_(std::move(region)), document_(Document::Open(Bytes(region_), name)) {}

std::shared_ptr<const ManifestFile> ManifestFile::Open(const std::string& path) {
  CheckMappable(path);
  ipc::mapped_region region;
  try {
    const ipc::file_mapping mapping(path.c_str(), ipc::read_only);
    region = ipc::mapped_region(mapping, ipc::read_only);
  } catch (const ipc::interprocess_exception& failure) {
    throw IoError("cannot open", path, failure.get_native_error());
  }
  return std::shared_ptr<const ManifestFile>(new ManifestFile(std::move(region), path));
}

std::shared_ptr<const ManifestFile> ManifestFile::OpenAnonymous(std::span<const std::byte> bytes,
                                                                const std::string& name) {
  ipc::mapped_region region;
  try {
    region = ipc::anonymous_shared_memory(bytes.size());
  } catch (const ipc::interprocess_exception& failure) {
    throw IoError("cannot allocate memory for", name, failure.get_native_error());
  }
  std::memcpy(region.get_address(), bytes.data(), bytes.size());
  return std::shared_ptr<const ManifestFile>(new ManifestFile(std::move(region), name));
}

}  // namespace flatmanifest
