#include "store/publish.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "format/error.h"
#include "format/writer.h"
#include "store/descriptor.h"
#include "store/manifest_file.h"
#include "store/staged_file.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whether the path exists and is no regular file, which cannot be replaced. Throws if it is a
// directory.
bool IsSpecial(const std::string& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) throw IoError("cannot write", path, EISDIR);
  return fs::exists(status) && !fs::is_regular_file(status);
}

void WriteInPlace(const std::string& path, std::span<const std::byte> bytes) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (fd.get() < 0) throw IoError("cannot write", path, errno);
  WriteAll(fd.get(), TextOf(bytes), path);
}

// Closes a copy of the descriptor. Without a flush, network file systems report failed writes only
// at a close; the file itself must stay open, because it is the lock.
bool CloseCopyOf(int fd) {
  Descriptor copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  return copy.get() >= 0 && copy.Close();
}

// The directory of a path; flushing it makes the rename durable. Opened before the rename, so that
// errors come before it.
class Directory {
 public:
  explicit Directory(const std::string& path)
      : path_(path), fd_(Open(fs::path(path).parent_path())) {
    // A directory that this process cannot read cannot be flushed either.
    if (fd_.get() < 0 && errno != EACCES) throw IoError("cannot write", path, errno);
  }

  // Called when the file is in place, so it must not throw.
  Durability Flush() const {
    while (fd_.get() >= 0 && ::fsync(fd_.get()) != 0) {
      if (errno == EINTR) continue;
      // Some file systems cannot flush a directory; there, a rename cannot be made more durable.
      if (errno != EIO && errno != ENOSPC && errno != EDQUOT) break;
      return {path_ +
              " is in place, but may not survive a power failure: its directory could not " +
              "be flushed to the disk (" + std::generic_category().message(errno) +
              "); see what the disk has, and write the file again"};
    }
    return {};
  }

 private:
  static int Open(const fs::path& directory) {
    return ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }

  const std::string& path_;
  const Descriptor fd_;
};

// The file that a path leads to through symbolic links.
std::string ThroughLinks(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel's
  std::error_code failed;
  fs::path target = path;
  for (int links = 0; fs::is_symlink(fs::symlink_status(target, failed)); ++links) {
    if (links == kMostLinks) throw IoError("cannot write", path, ELOOP);
    const fs::path next = fs::read_symlink(target, failed);
    if (failed) throw IoError("cannot write", path, failed.value());
    target = target.parent_path() / next;  // `next` itself if that is absolute
  }
  return target.string();
}

// The path of the file that is replaced.
std::string Destination(const std::string& name, Existing existing) {
  return existing == Existing::kKeep ? ThroughLinks(name) : name;
}

// Gives the new file the mode, owner and group of the old one. Best effort: a process that may not
// give files away keeps its own.
void TakeOver(int fd, const std::string& path) {
  struct stat old;
  struct stat made;
  if (::lstat(path.c_str(), &old) != 0 || !S_ISREG(old.st_mode) || ::fstat(fd, &made) != 0) return;
  const bool is_given = (old.st_uid == made.st_uid || ::fchown(fd, old.st_uid, gid_t(-1)) == 0) &&
                        (old.st_gid == made.st_gid || ::fchown(fd, uid_t(-1), old.st_gid) == 0);
  // The rights of one group are not given to another.
  constexpr mode_t kOfGroup = 0070;
  const mode_t mode = old.st_mode & 0777;
  if (::fchmod(fd, is_given ? mode : mode & ~kOfGroup) != 0) return;
}

void FlushFile(int fd, const std::string& path) {
  while (::fsync(fd) != 0) {
    if (errno != EINTR) throw IoError("cannot write", path, errno);
  }
}

// Makes the staged file the file at `path`.
Durability Replace(StagedFile& staged, const std::string& path, std::span<const std::byte> bytes,
                   Flush flush) {
  WriteAll(staged.fd(), TextOf(bytes), path);
  if (flush == Flush::kNone) {
    if (!CloseCopyOf(staged.fd())) throw IoError("cannot write", path, errno);
    staged.RenameIntoPlace();
    return {};
  }
  const Directory directory(path);
  FlushFile(staged.fd(), path);
  staged.RenameIntoPlace();
  return directory.Flush();
}

// The header of the file at `path`; nothing if there is no file, or none with a readable
// generation. Throws IoError if the file cannot be read now: its generation must not be given out
// again.
std::optional<Header> HeaderAt(const std::string& path) {
  try {
    return ManifestFile::Open(path)->document().header();
  } catch (const FormatError&) {
    return std::nullopt;
  } catch (const IoError& failure) {
    if (failure.error_number() != ENOENT) throw;
    return std::nullopt;
  }
}

uint64_t GenerationAfter(const std::optional<Header>& header) {
  return header ? header->generation + 1 : 1;
}

}  // namespace

Durability Publish(const std::string& name, std::span<const std::byte> bytes, Flush flush,
                   Existing existing) {
  const std::string path = Destination(name, existing);
  if (IsSpecial(path)) {
    WriteInPlace(path, bytes);
    return {};
  }
  StagedFile staged(path);
  if (existing == Existing::kKeep) TakeOver(staged.fd(), path);
  return Replace(staged, path, bytes, flush);
}

struct Publication::State {
  explicit State(std::string to) : path(std::move(to)) {}

  std::string path;
  std::optional<StagedFile> staged;
  std::optional<Descriptor> special;  // what is written to in place
  std::string waiting;                // bytes

  int fd() const { return staged ? staged->fd() : special->get(); }
};

Publication::Publication(const std::string& path, Existing existing)
    : state_(std::make_unique<State>(Destination(path, existing))) {
  if (IsSpecial(state_->path)) {
    state_->special.emplace(OpenToWrite(state_->path, 0));
    return;
  }
  state_->staged.emplace(state_->path);
  if (existing == Existing::kKeep) TakeOver(state_->staged->fd(), state_->path);
}

Publication::~Publication() = default;
Publication::Publication(Publication&&) noexcept = default;
Publication& Publication::operator=(Publication&&) noexcept = default;

void Publication::Append(std::span<const std::byte> bytes) {
  constexpr size_t kMostWaiting = size_t{1} << 18;
  state_->waiting.append(TextOf(bytes));
  if (state_->waiting.size() < kMostWaiting) return;
  WriteAll(state_->fd(), state_->waiting, state_->path);
  state_->waiting.clear();
}

void Publication::Close() {
  WriteAll(state_->fd(), state_->waiting, state_->path);
  state_->waiting.clear();
  if (!CloseCopyOf(state_->fd())) throw IoError("cannot write", state_->path, errno);
}

void Publication::Finish() {
  if (state_->staged) state_->staged->RenameIntoPlace();
}

Published PublishNext(const std::string& name, std::span<std::byte> file, Flush flush,
                      Existing existing) {
  const std::string path = Destination(name, existing);
  if (IsSpecial(path)) {
    SetGeneration(file, 1);
    WriteInPlace(path, file);
    return {.generation = 1, .durability = {}};
  }
  StagedFile staged(path);
  if (existing == Existing::kKeep) TakeOver(staged.fd(), path);
  const uint64_t generation = GenerationAfter(HeaderAt(path));
  SetGeneration(file, generation);
  return {.generation = generation, .durability = Replace(staged, path, file, flush)};
}

std::optional<Published> PublishOver(const std::string& path, const Header& replaced,
                                     std::span<std::byte> file, Flush flush) {
  if (IsSpecial(path)) return std::nullopt;
  StagedFile staged(path);
  const auto header = HeaderAt(path);
  const bool is_there =
      header && header->generation == replaced.generation && header->checksum == replaced.checksum;
  if (!is_there) return std::nullopt;
  const uint64_t generation = header->generation + 1;
  SetGeneration(file, generation);
  return Published{.generation = generation, .durability = Replace(staged, path, file, flush)};
}

uint64_t NextGeneration(const std::string& path) {
  try {
    return GenerationAfter(HeaderAt(path));
  } catch (const IoError&) {
    return 1;
  }
}

}  // namespace flatmanifest
