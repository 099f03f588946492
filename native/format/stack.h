// Whether the thread has room on its stack to go one level deeper: threads may have little, 128 KiB
// with musl by default, and a stack that overflows ends the process.

#ifndef FLATMANIFEST_FORMAT_STACK_H_
#define FLATMANIFEST_FORMAT_STACK_H_

#include <cstdint>

namespace flatmanifest {

// The lowest address that recursion may reach in the calling thread: what one level and the
// libraries that it calls need above the stack's end.
uintptr_t FindStackLimit();

// Throws StackError.
[[noreturn]] void FailStack();

// For functions that call themselves: throws StackError (format/error.h) where the stack of the
// calling thread is about to end. A few instructions.
inline void RequireStack() {
  static thread_local const uintptr_t limit = FindStackLimit();
  if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < limit) FailStack();
}

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_STACK_H_
