// The duration of tests that find more the longer they run.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_SOAK_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_SOAK_H_

#include <chrono>
#include <cstdlib>
#include <string>

namespace flatmanifest::testing {

// Rounds of a test: `at_least` of them; in `make soak`, as many as fit into
// FLATMANIFEST_SOAK_SECONDS, but at least `at_least_soaking`.
class Soak {
 public:
  Soak(int at_least, int at_least_soaking) : wanted_(at_least) {
    const char* seconds = std::getenv("FLATMANIFEST_SOAK_SECONDS");
    if (seconds == nullptr) return;
    wanted_ = at_least_soaking;
    end_ += std::chrono::seconds(std::stol(seconds));
  }

  // Whether there is to be another round.
  bool Next() { return ++round_ <= wanted_ || std::chrono::steady_clock::now() < end_; }
  int done() const { return round_ - 1; }
  // Call after the last round: the time since the beginning.
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point end_ = begin_;
  int wanted_;
  int round_ = 0;
};

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_SOAK_H_
