#include "store/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "format/error.h"
#include "format/interruption.h"

namespace flatmanifest {

namespace {

constexpr size_t kMostAtOnce = size_t{64} << 20;  // between two looks at what has been asked for

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

bool Descriptor::Close() { return ::close(std::exchange(fd_, -1)) == 0; }

Descriptor OpenToWrite(const std::string& path, int flags) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, kNewFileMode));
  if (file.get() < 0) throw IoError("cannot write", path, errno);
  return file;
}

void WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), std::min(bytes.size(), kMostAtOnce));
    if (written < 0) {
      if (errno != EINTR) throw IoError("cannot write", path, errno);
      CheckInterruption(Urgency::kNow);
      continue;
    }
    CheckInterruption();
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace flatmanifest
