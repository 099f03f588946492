// Reports a broken promise from a fuzz target.

#ifndef FLATMANIFEST_TESTS_FUZZ_REQUIRE_H_
#define FLATMANIFEST_TESTS_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>

namespace flatmanifest::fuzz {

// Stops the process like a crash, so that libFuzzer keeps the input.
inline void Require(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace flatmanifest::fuzz

#endif  // FLATMANIFEST_TESTS_FUZZ_REQUIRE_H_
