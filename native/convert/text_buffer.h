// Text that grows to many megabytes and repeats parts of itself.

#ifndef FLATMANIFEST_CONVERT_TEXT_BUFFER_H_
#define FLATMANIFEST_CONVERT_TEXT_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "format/bulk_memory.h"

namespace flatmanifest {

// A growing text. Subclasses decide where it lies, so that it can be written where the caller needs
// it instead of being copied there.
class TextBuffer {
 public:
  TextBuffer() = default;
  virtual ~TextBuffer() = default;
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  size_t size() const { return size_; }
  std::string_view text() const { return {data_, size_}; }

  // Makes room for a text of `capacity` bytes altogether. Unused room costs nothing.
  void Reserve(size_t capacity) {
    if (capacity > capacity_) Grow(capacity);
  }
  void Append(char character) { *Extend(1) = character; }
  void Append(std::string_view text) {
    char* to = Extend(text.size());
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
  }
  // Appends a copy of [begin, begin + length) of the text.
  void Repeat(size_t begin, size_t length) {
    char* to = Extend(length);
    std::memcpy(to, data_ + begin, length);
  }

 protected:
  // Returns memory of `capacity` bytes that begins with the first size() bytes of the text.
  virtual char* Reallocate(size_t capacity) = 0;

 private:
  void Grow(size_t capacity) {
    data_ = Reallocate(capacity);
    capacity_ = capacity;
  }
  char* Extend(size_t length) {
    if (capacity_ - size_ < length) Grow(std::max(2 * capacity_, size_ + length));
    char* to = data_ + size_;
    size_ += length;
    return to;
  }

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// Text in bulk memory.
class BulkText final : public TextBuffer {
 protected:
  char* Reallocate(size_t capacity) override {
    bytes_.resize(capacity);
    return bytes_.data();
  }

 private:
  BulkVector<char> bytes_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_TEXT_BUFFER_H_
