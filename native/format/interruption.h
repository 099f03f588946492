// Long calls ask now and then whether whoever waits for them has given up, as by Ctrl-C.

#ifndef FLATMANIFEST_FORMAT_INTERRUPTION_H_
#define FLATMANIFEST_FORMAT_INTERRUPTION_H_

#include <cstdint>
#include <exception>

namespace flatmanifest {

// Thrown out of a call that is to end. The call makes nothing and changes nothing.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

enum class Urgency : uint8_t { kNow, kNowAndThen };

// Whether the calling thread's call is to end; kNowAndThen is asked in loops, and may be answered
// as it last was. Called on any thread, by calls that hold no locks.
using InterruptionCheck = bool (*)(Urgency urgency);
// For the whole process; null, as at first, for calls that nothing interrupts.
void SetInterruptionCheck(InterruptionCheck check);

// Throws Interrupted if the calling thread's call is to end. kNow is for system calls that a signal
// has ended (EINTR).
void CheckInterruption(Urgency urgency = Urgency::kNowAndThen);

// For loops: counts their steps, which take microseconds at most, and checks once in a while.
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
