// Reads an input file whole, and remembers which file it was.

#ifndef FLATMANIFEST_STORE_INPUT_FILE_H_
#define FLATMANIFEST_STORE_INPUT_FILE_H_

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "format/bulk_memory.h"
#include "format/document.h"

namespace flatmanifest {

// Text with the padding behind it that simdjson needs.
class PaddedText {
 public:
  explicit PaddedText(size_t size) { Resize(size); }

  void Resize(size_t size);
  char* data() { return bytes_.data(); }
  size_t size() const { return size_; }
  std::string_view text() const { return {bytes_.data(), size_}; }
  simdjson::padded_string_view padded() const {
    return simdjson::padded_string_view(bytes_.data(), size_, bytes_.size());
  }

 private:
  BulkVector<char> bytes_;
  size_t size_ = 0;
};

struct InputFile {
  // The contents, unpacked if they were gzipped.
  PaddedText text;
  // The file that was read; nothing for standard input, for pipes, and for files that were written
  // to meanwhile.
  std::optional<SourceStamp> stamp;
};

// Reads the file at `path`; "-" is standard input. Gzip is recognised by its first bytes; it may
// have several members, and zeros behind them. Throws IoError, or ConvertError: for damaged gzip
// data, for more than 4 GiB, and for gzip data that unpacks to more than both 64 MiB and 200 times
// its size. The error comes at that byte, with no more than that in memory.
InputFile ReadInput(const std::string& path);

enum class Freshness {
  kChanged,      // another file, or one that was written to
  kUnchanged,    // by what stat says alone
  kSameContent,  // changed so shortly before the stamp that it had to be read
};

// Whether the file at `path` is still the one that `stamp` describes: same size, times, inode and
// device. A file that was changed within the clock's granularity before the stamp was taken can
// have been changed again unseen (git calls it racily clean): it is read and its digest compared.
Freshness CheckFreshness(const std::string& path, const SourceStamp& stamp);

// The same stamp, taken now; nothing if that is still too close to the change to help. Only for a
// file that was just found unchanged.
std::optional<SourceStamp> Restamp(const SourceStamp& stamp);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_INPUT_FILE_H_
