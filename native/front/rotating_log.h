// dbt's log file, with rollover to a new file when it is full (Python's
// logging.handlers.RotatingFileHandler, as dbt_common/events/logger.py sets it up).

#ifndef FLATMANIFEST_FRONT_ROTATING_LOG_H_
#define FLATMANIFEST_FRONT_ROTATING_LOG_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "store/descriptor.h"

namespace flatmanifest::front {

class RotatingLog {
 public:
  // Opens the file for appending, and makes it and its directory if they are missing. The file
  // always stays smaller than `max_bytes`; 0: without limit. Throws IoError.
  RotatingLog(std::string path, uint64_t max_bytes);

  // Whether `bytes` bytes of text, in records of at most `longest` bytes, can be written as Python
  // would. For a rollover, the directory must permit it, and each record must fit into an empty
  // file: Python's releases differ in what they do with one that does not.
  bool HasRoomFor(size_t bytes, size_t longest) const;

  // Appends records. `ends` has the end of each in the text, the last one included. Before the
  // record that would fill the file, the file becomes `path.1`, that one `path.2`, and so on; the
  // fifth is removed. Throws IoError.
  void Write(std::string_view text, std::span<const size_t> ends);

 private:
  uint64_t Size() const;
  void RollOver();

  std::string path_;
  uint64_t max_bytes_;
  Descriptor descriptor_;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ROTATING_LOG_H_
