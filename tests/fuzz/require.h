// How a fuzz target reports that a promise was broken.

#ifndef FLATMANIFEST_TESTS_FUZZ_REQUIRE_H_
#define FLATMANIFEST_TESTS_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>

namespace flatmanifest::fuzz {

// Stops the process, as a crash that libFuzzer keeps the input of.
inline void Require(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace flatmanifest::fuzz

#endif  // FLATMANIFEST_TESTS_FUZZ_REQUIRE_H_
