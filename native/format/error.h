// The errors that native code raises. They are thrown as values of these types and translated once,
// at the edge: bindings/errors.cc for Python, native/cli for the command line.

#ifndef FLATMANIFEST_FORMAT_ERROR_H_
#define FLATMANIFEST_FORMAT_ERROR_H_

#include <exception>
#include <string>
#include <utility>

namespace flatmanifest {

// Every message says what is wrong, where (file, byte offset, id), and, where it helps, what to do.
class Error : public std::exception {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}

  // The message up to its first null byte (a message may quote one).
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

// A file that is not an intact .fman file of a version this build reads. ValueError in Python.
class FormatError : public Error {
 public:
  using Error::Error;
};

// Input that cannot become an .fman file: not JSON, not a manifest, too large. ValueError in
// Python.
class ConvertError : public Error {
 public:
  using Error::Error;
};

// The file would be over 2 GiB. Readers of the input turn this error into one that names a place.
class TooLargeError : public ConvertError {
 public:
  using ConvertError::ConvertError;
};

// The requested generation of a file is gone. ValueError in Python.
class GenerationError : public Error {
 public:
  using Error::Error;
};

// The thread's stack is too small for how deeply values are nested. RecursionError in Python.
class StackError : public Error {
 public:
  using Error::Error;
};

// A failed system call. OSError in Python, with its errno and file name.
class IoError : public Error {
 public:
  // `doing` reads like "cannot write"; the message becomes "cannot write PATH: No space left ...".
  IoError(const std::string& doing, std::string path, int error_number);
  // The same with a reason of its own, which says more than the errno.
  IoError(const std::string& doing, std::string path, int error_number, std::string reason);

  int error_number() const { return error_number_; }
  // The reason; by default the system's text for the errno: "No space left on device".
  const std::string& reason() const { return reason_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int error_number_;
  std::string reason_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_ERROR_H_
