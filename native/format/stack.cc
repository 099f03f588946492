#include "format/stack.h"

#include <pthread.h>

#include "format/error.h"

namespace flatmanifest {

namespace {

constexpr uintptr_t kRoom = uintptr_t{32} << 10;

}  // namespace

#ifdef __APPLE__

uintptr_t FindStackLimit() {
  const pthread_t self = pthread_self();
  const auto top = reinterpret_cast<uintptr_t>(pthread_get_stackaddr_np(self));
  return top - pthread_get_stacksize_np(self) + kRoom;
}

#else

uintptr_t FindStackLimit() {
  pthread_attr_t attributes;
  if (::pthread_getattr_np(::pthread_self(), &attributes) != 0) return 0;
  void* lowest = nullptr;
  size_t size = 0;
  size_t guard = 0;
  const bool is_known = ::pthread_attr_getstack(&attributes, &lowest, &size) == 0 &&
                        ::pthread_attr_getguardsize(&attributes, &guard) == 0;
  ::pthread_attr_destroy(&attributes);
  return is_known ? reinterpret_cast<uintptr_t>(lowest) + guard + kRoom : 0;
}

#endif

void FailStack() {
  throw StackError(
      "values are nested so deeply that this thread's stack ends; use a thread with a larger one "
      "(threading.stack_size, ulimit -s)");
}

}  // namespace flatmanifest
