#include "store/descriptor.h"

#include <unistd.h>

#include <cerrno>

#include "format/error.h"

namespace flatmanifest {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

bool Descriptor::Close() { return ::close(std::exchange(fd_, -1)) == 0; }

void WriteAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw IoError("cannot write", path, errno);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace flatmanifest
