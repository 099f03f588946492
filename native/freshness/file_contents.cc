#include "freshness/file_contents.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "freshness/threads.h"
#include "store/descriptor.h"

namespace flatmanifest {

namespace {

// Enough files to be worth the start of a thread.
constexpr size_t kFilesOfThread = 16;

std::optional<std::string> Contents(const std::string& path, size_t most_bytes) {
  // The other end of a pipe may never open.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return std::nullopt;
  const auto size = static_cast<size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size > most_bytes) return std::nullopt;
  std::string contents(size + 1, '\0');  // one more shows the end without a further call
  size_t length = 0;
  while (length < contents.size()) {
    const ssize_t got = ::read(file.get(), &contents[length], contents.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  if (length > size) return std::nullopt;  // it grows meanwhile
  contents.resize(length);
  return contents;
}

}  // namespace

std::vector<std::optional<std::string>> ReadFiles(std::span<const std::string> paths,
                                                  size_t most_bytes, unsigned thread_count) {
  std::vector<std::optional<std::string>> contents(paths.size());
  DoInThreads(paths.size(), thread_count, kFilesOfThread, [&](size_t i) {
    try {
      contents[i] = Contents(paths[i], most_bytes);
    } catch (const std::bad_alloc&) {  // as if it were too long
    }
  });
  return contents;
}

}  // namespace flatmanifest
