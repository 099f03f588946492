// The request to a template, and its answers: docs/resident.md, "The protocol".

#ifndef FLATMANIFEST_RESIDENT_REQUEST_H_
#define FLATMANIFEST_RESIDENT_REQUEST_H_

#include <optional>
#include <string>
#include <vector>

#include "resident/process_state.h"
#include "store/descriptor.h"

namespace flatmanifest::resident {

inline constexpr const char* kRun = "run";
inline constexpr const char* kStatus = "status";
inline constexpr const char* kStop = "stop";

// Sends a request without arguments. Throws IoError.
void SendRequest(int connection, const char* kind);

// Sends the request to run `dbt ARGUMENTS` in the working directory and environment of this
// process, with the descriptors that `state` names. Throws IoError; FormatError if there are more
// descriptors than a message takes.
void SendCommand(int connection, const std::vector<std::string>& arguments,
                 const ProcessState& state);

// Reads a template's lines, and the descriptor that one of them may come with.
class Answers {
 public:
  explicit Answers(int connection) : connection_(connection) {}

  // The next line without its end; nothing at the end of the connection, or if it is broken.
  std::optional<std::string> NextLine();
  // Whether a whole line has been read already.
  bool HasLine() const { return read_.find('\n') != std::string::npos; }
  // The last descriptor that was received; -1 if there was none.
  Descriptor TakeDescriptor() { return std::move(received_); }

 private:
  bool Receive();

  int connection_;
  std::string read_;
  Descriptor received_{-1};
};

}  // namespace flatmanifest::resident

#endif  // FLATMANIFEST_RESIDENT_REQUEST_H_
