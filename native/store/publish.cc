#include "store/publish.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "format/error.h"
#include "store/descriptor.h"
#include "store/manifest_file.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kNewFileMode = 0666;  // as the umask leaves it
constexpr int kNameAttempts = 100;

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A file of our own in the directory of `path`, for writing.
std::string CreateTemporary(const fs::path& path, int& fd) {
  static std::atomic<uint64_t> counter{0};
  const fs::path directory = path.parent_path();
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    const std::string name = "." + path.filename().string() + "." + std::to_string(::getpid()) +
                             "." + std::to_string(counter++) + ".tmp";
    std::string temporary = (directory / name).string();
    fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kNewFileMode);
    if (fd >= 0) return temporary;
    if (errno != EEXIST) throw IoError("cannot write", path.string(), errno);
  }
  throw IoError("cannot write", path.string(), EEXIST);
}

// Makes the rename itself durable. Some file systems cannot flush a directory; the rename has then
// happened all the same.
void FlushDirectory(const fs::path& directory) {
  const Descriptor fd(
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

void WriteInPlace(const std::string& path, std::span<const std::byte> bytes) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.get() < 0) throw IoError("cannot write", path, errno);
  WriteAll(fd.get(), TextOf(bytes), path);
}

}  // namespace

void Publish(const std::string& path, std::span<const std::byte> bytes, Flush flush) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw IoError("cannot write", path, EISDIR);
  if (fs::exists(status) && !fs::is_regular_file(status)) return WriteInPlace(path, bytes);

  int fd_number = -1;
  const std::string temporary = CreateTemporary(path, fd_number);
  try {
    Descriptor fd(fd_number);
    WriteAll(fd.get(), TextOf(bytes), path);
    if (flush == Flush::kToDisk && ::fsync(fd.get()) != 0)
      throw IoError("cannot write", path, errno);
    if (!fd.Close()) throw IoError("cannot write", path, errno);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) {
      throw IoError("cannot replace", path, errno);
    }
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (flush == Flush::kToDisk) FlushDirectory(fs::path(path).parent_path());
}

uint64_t NextGeneration(const std::string& path) {
  try {
    return ManifestFile::Open(path)->document().header().generation + 1;
  } catch (const Error&) {
    return 1;
  }
}

}  // namespace flatmanifest
