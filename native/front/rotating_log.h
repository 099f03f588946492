// dbt's log file, which another begins when it is full (Python's
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
  // Opens the file to append to it, and makes it and its directory if need be. It is never to have
  // `max_bytes`, unless they are 0. Throws IoError.
  RotatingLog(std::string path, uint64_t max_bytes);

  // Whether text of this many bytes, in records of at most `longest`, can be written as Python
  // would. Where another file is to be begun, the directory must let it, and each record must fit
  // into an empty file: Python's releases differ in what becomes of one that does not.
  bool HasRoomFor(size_t bytes, size_t longest) const;

  // Appends records; `ends` says where each ends in the text, the last one with it. Before the
  // record that would fill it up, the file becomes `path.1`, that one `path.2`, and so on; the
  // fifth is given up. Throws IoError.
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
