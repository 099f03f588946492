// An unwritable directory, also for root.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_UNWRITABLE_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_UNWRITABLE_H_

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace flatmanifest::testing {

// While it exists, `directory` can be read but not written to. Root, whom permissions do not stop,
// becomes the user nobody for that time.
class Unwritable {
 public:
  explicit Unwritable(std::string directory)
      : directory_(std::move(directory)), was_root_(::geteuid() == 0) {
    changed_ = ::chmod(directory_.c_str(), 0555) == 0 && (!was_root_ || ::seteuid(kNobody) == 0);
  }
  ~Unwritable() {
    if (was_root_ && ::seteuid(0) != 0) ::_exit(1);  // no later test could be trusted
    ::chmod(directory_.c_str(), 0700);
  }
  Unwritable(const Unwritable&) = delete;
  Unwritable& operator=(const Unwritable&) = delete;

  // False if the system does not let root become nobody.
  bool ok() const { return changed_; }

 private:
  static constexpr uid_t kNobody = 65534;

  const std::string directory_;
  const bool was_root_;
  bool changed_;
};

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_UNWRITABLE_H_
