// The message of the exception that a call throws.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_MESSAGE_OF_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_MESSAGE_OF_H_

#include <gtest/gtest.h>

#include <exception>
#include <string>

namespace flatmanifest::testing {

// The message of the `Exception` that `call` throws. Fails the test, and returns what happened
// instead, if it throws nothing or something else.
template <typename Exception, typename Call>
std::string MessageOf(Call call) {
  try {
    call();
  } catch (const Exception& expected) {
    return expected.what();
  } catch (const std::exception& other) {
    ADD_FAILURE() << "threw another exception: " << other.what();
    return other.what();
  }
  ADD_FAILURE() << "threw nothing";
  return "nothing was thrown";
}

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_MESSAGE_OF_H_
