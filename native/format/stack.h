// Checks that a thread has stack left for one more level of recursion. Threads may have little (128
// KiB with musl by default), and a stack overflow ends the process.

#ifndef FLATMANIFEST_FORMAT_STACK_H_
#define FLATMANIFEST_FORMAT_STACK_H_

#include <cstdint>

namespace flatmanifest {

// The lowest address that recursion may reach in the calling thread. The room below it is for one
// level and the libraries that it calls.
uintptr_t FindStackLimit();

// Throws StackError.
[[noreturn]] void FailStack();

// For recursive functions: throws StackError (format/error.h) before the stack of the calling
// thread ends. A few instructions.
inline void RequireStack() {
  static thread_local const uintptr_t limit = FindStackLimit();
  if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < limit) FailStack();
}

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_STACK_H_
