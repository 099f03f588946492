#include "testing/disk_model.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace flatmanifest::testing {

namespace {

constexpr size_t kPage = 4096;

void WriteAt(std::string& content, size_t offset, std::string_view bytes) {
  content.resize(std::max(content.size(), offset + bytes.size()));
  content.replace(offset, bytes.size(), bytes);
}

}  // namespace

DiskModel::DiskModel(std::string directory, const DiskState& before)
    : directory_(std::move(directory)) {
  for (const auto& [name, content] : before) {
    names_[name] = contents_.size();
    contents_.push_back(content);
  }
  names_now_ = names_;
}

// The name within the directory.
std::optional<std::string> DiskModel::NameOf(const std::string& path) const {
  const std::string prefix = directory_ + "/";
  if (!path.starts_with(prefix) || path.find('/', prefix.size()) != std::string::npos) return {};
  return path.substr(prefix.size());
}

void DiskModel::Opened(const std::string& path, int fd, int flags) {
  open_.erase(fd);
  if (path == directory_) open_[fd] = {.is_directory = true};
  const auto name = NameOf(path);
  if (!name) return;
  if ((flags & O_CREAT) != 0 && !names_now_.contains(*name)) {
    names_now_[*name] = contents_.size();
    operations_.push_back({.kind = Kind::kCreate, .file = contents_.size(), .name = *name});
    contents_.emplace_back();
  }
  EXPECT_EQ(flags & O_TRUNC, 0) << "the model knows no truncation";
  open_[fd] = {.file = names_now_.at(*name)};
}

void DiskModel::Watch(const Stop& stop) {
  if (stop.is_before) {
    entered_ = stop;
    return;
  }
  if (stop.result < 0) return;
  const auto& arguments = entered_.arguments;
  const int fd = static_cast<int>(arguments[0]);
  switch (entered_.number) {
    case SYS_openat:
      return Opened(stop.Text(arguments[1]), static_cast<int>(stop.result),
                    static_cast<int>(arguments[2]));
    case SYS_write: {
      const auto file = open_.find(fd);
      if (file == open_.end()) return;
      const auto size = static_cast<size_t>(stop.result);
      operations_.push_back({.kind = Kind::kWrite,
                             .file = file->second.file,
                             .bytes = stop.Bytes(arguments[1], size),
                             .offset = file->second.offset});
      file->second.offset += size;
      return;
    }
    case SYS_fsync:
    case SYS_fdatasync: {
      const auto file = open_.find(fd);
      if (file == open_.end()) return;
      const Kind kind = file->second.is_directory ? Kind::kFlushDirectory : Kind::kFlushFile;
      operations_.push_back({.kind = kind, .file = file->second.file});
      return;
    }
    case SYS_close:
      open_.erase(fd);
      return;
#ifdef SYS_rename
    case SYS_rename:
#endif
    case SYS_renameat:
    case SYS_renameat2: {
      const bool has_directories =
          entered_.number == SYS_renameat || entered_.number == SYS_renameat2;
      const auto from = NameOf(stop.Text(arguments[has_directories ? 1 : 0]));
      const auto to = NameOf(stop.Text(arguments[has_directories ? 3 : 1]));
      if (!from || !to) return;
      operations_.push_back(
          {.kind = Kind::kRename, .file = names_now_.at(*from), .name = *from, .renamed = *to});
      names_now_[*to] = names_now_.at(*from);
      names_now_.erase(*from);
      return;
    }
#ifdef SYS_unlink
    case SYS_unlink:
#endif
    case SYS_unlinkat: {
      const auto name = NameOf(stop.Text(arguments[entered_.number == SYS_unlinkat ? 1 : 0]));
      if (!name) return;
      operations_.push_back({.kind = Kind::kRemove, .name = *name});
      names_now_.erase(*name);
      return;
    }
    default:
      return;
  }
}

// Whether a flush before that moment has made it durable.
bool DiskModel::MustHaveHappened(size_t operation, size_t moment) const {
  const Operation& done = operations_[operation];
  for (size_t i = operation + 1; i < moment; ++i) {
    const Operation& later = operations_[i];
    if (done.kind == Kind::kWrite) {
      if (later.kind == Kind::kFlushFile && later.file == done.file) return true;
    } else if (later.kind == Kind::kFlushDirectory) {
      return true;
    }
  }
  return false;
}

void DiskModel::ForEachState(const std::function<void(const DiskState&)>& check) const {
  for (size_t moment = 0; moment <= operations_.size(); ++moment) {
    std::vector<Part> parts(operations_.size(), Part::kNone);
    Vary(moment, 0, parts, check);
  }
}

void DiskModel::Vary(size_t moment, size_t next, std::vector<Part>& parts,
                     const std::function<void(const DiskState&)>& check) const {
  if (next == moment) return check(StateOf(parts));
  const Kind kind = operations_[next].kind;
  std::vector<Part> possible = {Part::kAll};
  if (kind != Kind::kFlushFile && kind != Kind::kFlushDirectory &&
      !MustHaveHappened(next, moment)) {
    possible.push_back(Part::kNone);
    if (kind == Kind::kWrite) {
      possible.insert(possible.end(), {Part::kFirstPage, Part::kLastPage, Part::kZeros});
    }
  }
  for (const Part part : possible) {
    parts[next] = part;
    Vary(moment, next + 1, parts, check);
  }
  parts[next] = Part::kNone;
}

DiskState DiskModel::StateOf(const std::vector<Part>& parts) const {
  std::vector<std::string> contents = contents_;
  std::map<std::string, size_t> names = names_;
  for (size_t i = 0; i < operations_.size(); ++i) {
    if (parts[i] == Part::kNone) continue;
    const Operation& done = operations_[i];
    const std::string_view bytes = done.bytes;
    switch (done.kind) {
      case Kind::kCreate:
        names[done.name] = done.file;
        break;
      case Kind::kRename:
        // Also if the creation of the old name was not seen.
        names.erase(done.name);
        names[done.renamed] = done.file;
        break;
      case Kind::kRemove:
        names.erase(done.name);
        break;
      case Kind::kWrite: {
        std::string& content = contents[done.file];
        const size_t last = bytes.empty() ? 0 : (bytes.size() - 1) / kPage * kPage;
        if (parts[i] == Part::kAll) WriteAt(content, done.offset, bytes);
        if (parts[i] == Part::kFirstPage) WriteAt(content, done.offset, bytes.substr(0, kPage));
        if (parts[i] == Part::kLastPage) WriteAt(content, done.offset + last, bytes.substr(last));
        if (parts[i] == Part::kZeros) {
          WriteAt(content, done.offset, std::string(bytes.size(), '\0'));
        }
        break;
      }
      default:
        break;
    }
  }
  DiskState state;
  for (const auto& [name, file] : names) state[name] = contents[file];
  return state;
}

}  // namespace flatmanifest::testing
