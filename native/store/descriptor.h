// A file descriptor that closes itself.

#ifndef FLATMANIFEST_STORE_DESCRIPTOR_H_
#define FLATMANIFEST_STORE_DESCRIPTOR_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>

namespace flatmanifest {

inline constexpr mode_t kNewFileMode = 0666;  // as the umask leaves it

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);  // the other one closes it
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  // Closes the file now. Returns false if an earlier write turns out to have failed.
  bool Close();

 private:
  int fd_;
};

// Opens a file for writing, with O_APPEND, O_CREAT, … in `flags`; a new one gets kNewFileMode.
// Throws IoError.
Descriptor OpenToWrite(const std::string& path, int flags);

// Writes all of it. Throws IoError, which names `path`.
void WriteAll(int fd, std::string_view bytes, const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_DESCRIPTOR_H_
