#include "format/error.h"

#include <system_error>
#include <utility>

namespace flatmanifest {

IoError::IoError(const std::string& doing, std::string path, int error_number)
    : Error(doing + " " + path + ": " + std::generic_category().message(error_number)),
      path_(std::move(path)),
      error_number_(error_number) {}

}  // namespace flatmanifest
