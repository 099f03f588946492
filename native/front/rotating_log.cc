#include "front/rotating_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "format/error.h"

namespace flatmanifest::front {

namespace {

namespace fs = std::filesystem;

constexpr int kBackups = 5;  // dbt's

Descriptor OpenToAppend(const std::string& path) {
  std::error_code ignored;  // opening the file says more
  fs::create_directories(fs::path(path).parent_path(), ignored);
  return OpenToWrite(path, O_APPEND | O_CREAT);
}

std::string Backup(const std::string& path, int number) {
  return path + "." + std::to_string(number);
}

// Python counts the new text in characters, and the file in bytes.
size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

RotatingLog::RotatingLog(std::string path, uint64_t max_bytes)
    : path_(std::move(path)), max_bytes_(max_bytes), descriptor_(OpenToAppend(path_)) {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) throw IoError("cannot read", path_, errno);
  if (!S_ISREG(status.st_mode)) max_bytes_ = 0;  // only files are kept and begun again
}

uint64_t RotatingLog::Size() const {
  struct stat status {};
  if (::fstat(descriptor_.get(), &status) != 0) throw IoError("cannot read", path_, errno);
  return static_cast<uint64_t>(status.st_size);
}

bool RotatingLog::HasRoomFor(size_t bytes, size_t longest) const {
  if (max_bytes_ == 0 || Size() + bytes < max_bytes_) return true;
  if (longest >= max_bytes_) return false;
  if (::access(fs::path(path_).parent_path().c_str(), W_OK | X_OK) != 0) return false;
  std::error_code ignored;
  for (int i = 1; i <= kBackups; ++i) {
    if (fs::is_directory(Backup(path_, i), ignored)) return false;
  }
  return true;
}

void RotatingLog::Write(std::string_view text, std::span<const size_t> ends) {
  size_t written = 0;
  uint64_t size = Size();
  if (max_bytes_ != 0 && size + text.size() >= max_bytes_) {
    size_t begin = 0;
    for (const size_t end : ends) {
      if (size + Characters(text.substr(begin, end - begin)) >= max_bytes_) {
        WriteAll(descriptor_.get(), text.substr(written, begin - written), path_);
        written = begin;
        RollOver();
        size = Size();
      }
      size += end - begin;
      begin = end;
    }
  }
  WriteAll(descriptor_.get(), text.substr(written), path_);
}

void RotatingLog::RollOver() {
  // Missing files are skipped, as by Python.
  for (int i = kBackups - 1; i > 0; --i) {
    ::rename(Backup(path_, i).c_str(), Backup(path_, i + 1).c_str());
  }
  if (::rename(path_.c_str(), Backup(path_, 1).c_str()) != 0 && errno != ENOENT) {
    throw IoError("cannot rename", path_, errno);
  }
  descriptor_ = OpenToAppend(path_);
}

}  // namespace flatmanifest::front
