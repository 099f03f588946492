// Text that grows to many megabytes and repeats parts of itself.

#ifndef FLATMANIFEST_CONVERT_TEXT_BUFFER_H_
#define FLATMANIFEST_CONVERT_TEXT_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "format/bulk_memory.h"

namespace flatmanifest {

// Like std::string, in bulk memory and without initializing what it is about to write.
class TextBuffer {
 public:
  explicit TextBuffer(size_t expected_size = 0) { bytes_.resize(expected_size); }

  size_t size() const { return size_; }
  const char* data() const { return bytes_.data(); }
  std::string_view text() const { return {bytes_.data(), size_}; }

  void Append(char character) { *Extend(1) = character; }
  void Append(std::string_view text) {
    char* to = Extend(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
  }
  // Appends what is already there at [begin, begin + length).
  void Repeat(size_t begin, size_t length) {
    char* to = Extend(length);
    std::memcpy(to, bytes_.data() + begin, length);
  }

 private:
  char* Extend(size_t length) {
    if (bytes_.size() - size_ < length) bytes_.resize(std::max(2 * bytes_.size(), size_ + length));
    char* to = bytes_.data() + size_;
    size_ += length;
    return to;
  }

  BulkVector<char> bytes_;  // as much as is allocated
  size_t size_ = 0;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_TEXT_BUFFER_H_
