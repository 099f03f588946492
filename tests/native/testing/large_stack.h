// A stack for deep recursion, which sanitizers make many times larger.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_LARGE_STACK_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_LARGE_STACK_H_

#include <gtest/gtest.h>
#include <pthread.h>

#include <cstddef>
#include <functional>

namespace flatmanifest::testing {

// Runs `call`, which must not throw, on a thread with a stack of 64 MiB, and waits for it.
inline void OnLargeStack(std::function<void()> call) {
  constexpr size_t kStackSize = size_t{64} << 20;
  pthread_attr_t attributes;
  ASSERT_EQ(::pthread_attr_init(&attributes), 0);
  ASSERT_EQ(::pthread_attr_setstacksize(&attributes, kStackSize), 0);
  const auto run = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  pthread_t thread;
  ASSERT_EQ(::pthread_create(&thread, &attributes, run, &call), 0);
  ::pthread_attr_destroy(&attributes);
  ASSERT_EQ(::pthread_join(thread, nullptr), 0);
}

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_LARGE_STACK_H_
