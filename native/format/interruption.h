// Interruption of long calls, for example by Ctrl-C: they ask now and then whether to end.

#ifndef FLATMANIFEST_FORMAT_INTERRUPTION_H_
#define FLATMANIFEST_FORMAT_INTERRUPTION_H_

#include <cstdint>
#include <exception>

namespace flatmanifest {

// Thrown to end a call early. The call has made and changed nothing.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

enum class Urgency : uint8_t { kNow, kNowAndThen };

// Whether the calling thread's call is to end. Loops ask with kNowAndThen; the answer to that may
// be that of an earlier question. Called on any thread, by calls that hold no locks.
using InterruptionCheck = bool (*)(Urgency urgency);
// Sets the check for the whole process. Null, the initial value: nothing interrupts calls.
void SetInterruptionCheck(InterruptionCheck check);

// Throws Interrupted if the calling thread's call is to end. kNow is for system calls that a signal
// has ended (EINTR).
void CheckInterruption(Urgency urgency = Urgency::kNowAndThen);

// For loops: counts steps of a few microseconds at most, and checks once in a while.
class Patience {
 public:
  void Step(uint64_t steps = 1) {
    steps_ += steps;
    if (steps_ < kStepsBetweenChecks) return;
    steps_ = 0;
    CheckInterruption();
  }

 private:
  static constexpr uint64_t kStepsBetweenChecks = 1 << 12;

  uint64_t steps_ = 0;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_INTERRUPTION_H_
