// The part of a process whose work another process does: it passes signals on, waits, and ends as
// the other one has ended.

#ifndef FLATMANIFEST_RESIDENT_RELAY_H_
#define FLATMANIFEST_RESIDENT_RELAY_H_

#include <csignal>
#include <optional>
#include <string>

#include "resident/request.h"
#include "store/descriptor.h"

namespace flatmanifest::resident {

// The signals that are passed on, blocked in this process while the object lives.
class PassedSignals {
 public:
  // Throws IoError.
  PassedSignals();
  ~PassedSignals();
  PassedSignals(const PassedSignals&) = delete;
  PassedSignals& operator=(const PassedSignals&) = delete;

  // Becomes readable when a signal has arrived (signalfd).
  int descriptor() const { return descriptor_.get(); }
  // Passes the signals on that have arrived: those of a terminal to the process group of `process`,
  // all others to `process` alone. Stops this process, too, if it was asked to stop.
  void PassOn(pid_t process, int process_descriptor) const;

 private:
  sigset_t before_{};
  Descriptor descriptor_{-1};
};

// A copy of the template that runs a command.
struct Copy {
  pid_t process = 0;
  Descriptor descriptor{-1};  // becomes readable when it has ended (pidfd)
};

// Passes signals on until the copy has ended. Returns its wait status; nothing if nobody tells it,
// because the template has been killed.
std::optional<int> AwaitEnd(const Copy& copy, Answers& answers, int connection,
                            const PassedSignals& signals);

// Ends this process with a wait status: by the same signal, or with the same exit code.
[[noreturn]] void EndWith(int wait_status);

}  // namespace flatmanifest::resident

#endif  // FLATMANIFEST_RESIDENT_RELAY_H_
