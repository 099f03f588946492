// A child process that is stopped before and after each of its system calls (ptrace, Linux).

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_TRACED_PROCESS_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_TRACED_PROCESS_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace flatmanifest::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kHasSanitizer = true;
#else
inline constexpr bool kHasSanitizer = false;
#endif

// The state of a stopped child.
struct Stop {
  pid_t process;
  int index;  // of the call, from 0
  bool is_before;
  long number;  // SYS_...
  std::array<uint64_t, 6> arguments;
  int64_t result;  // after the call; negative: an errno

  // The memory of the child at an address.
  std::string Bytes(uint64_t address, size_t size) const;
  std::string Text(uint64_t address) const;  // up to the null byte
};

// The verdict on a call, or on the child. All except kGoOn and kKill are for stops before a call.
struct Verdict {
  enum class Kind : uint8_t { kGoOn, kKill, kFail, kShorten };
  Kind kind = Kind::kGoOn;
  int error_number = 0;

  static Verdict Kill() { return {Kind::kKill, 0}; }
  // Skips the call, which then returns this errno.
  static Verdict Fail(int error_number) { return {Kind::kFail, error_number}; }
  // Halves the size of a write, rounded down.
  static Verdict Shorten() { return {Kind::kShorten, 0}; }
};

// The end of a child.
struct Ending {
  bool was_killed = false;
  // 0 if `work` returned; the errno of the IoError that it threw; 255 for another exception.
  int status = 0;
};

// Whether this system permits tracing children.
bool CanTrace();

// Runs `work` in a forked child; `judge` sees each of its stops. Call it from a process with one
// thread.
Ending RunTraced(const std::function<void()>& work,
                 const std::function<Verdict(const Stop&)>& judge);

// Runs `work` in a forked child without tracing, and returns its process id. Its exit status is
// that of Ending.
pid_t RunForked(const std::function<void()>& work);
// Waits for the child.
Ending WaitFor(pid_t child);

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_TRACED_PROCESS_H_
