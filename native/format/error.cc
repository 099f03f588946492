#include "format/error.h"

#include <system_error>
#include <utility>

namespace flatmanifest {

IoError::IoError(const std::string& doing, std::string path, int error_number)
    : IoError(doing, std::move(path), error_number, std::generic_category().message(error_number)) {
}

IoError::IoError(const std::string& doing, std::string path, int error_number, std::string reason)
    : Error(doing + " " + path + ": " + reason),
      path_(std::move(path)),
      error_number_(error_number),
      reason_(std::move(reason)) {}

}  // namespace flatmanifest
