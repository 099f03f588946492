#include "freshness/kept_contents.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "format/error.h"
#include "store/descriptor.h"

namespace flatmanifest {

namespace {

constexpr size_t kPiece = size_t{1} << 16;
constexpr size_t kMostKept = size_t{64} << 20;  // of all files; one of a piece's size is kept

}  // namespace

const std::string* KeptContents::Find(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = contents_.find(path);
  return found == contents_.end() ? nullptr : &found->second;
}

void KeptContents::Keep(const std::string& path, std::string content) {
  const std::lock_guard lock(mutex_);
  if (size_ + content.size() > kMostKept) return;
  const size_t size = content.size();
  if (contents_.try_emplace(path, std::move(content)).second) size_ += size;
}

void KeptContents::Clear() {
  contents_.clear();
  size_ = 0;
}

void ReadContent(const std::string& path, KeptContents* kept,
                 const std::function<void(std::string_view)>& add) {
  if (kept != nullptr) {
    if (const std::string* content = kept->Find(path)) return add(*content);
  }
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw IoError("cannot open", path, errno);
  char piece[kPiece];
  std::optional<std::string> whole;  // of a file that is one piece
  if (kept != nullptr) whole.emplace();
  for (;;) {
    const ssize_t got = ::read(file.get(), piece, sizeof(piece));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw IoError("cannot read", path, errno);
    if (got == 0) break;
    const std::string_view text(piece, static_cast<size_t>(got));
    if (whole && whole->empty()) {
      whole = text;
    } else {
      whole.reset();
    }
    add(text);
  }
  if (whole) kept->Keep(path, std::move(*whole));
}

}  // namespace flatmanifest
