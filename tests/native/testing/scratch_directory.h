// A directory for the files of one test.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_SCRATCH_DIRECTORY_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_SCRATCH_DIRECTORY_H_

#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace flatmanifest::testing {

// A new, empty directory. Destruction removes it with its contents.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  // The path of `name` within the directory.
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }
  // The names of everything in the directory.
  std::set<std::string> Names() const;

 private:
  std::filesystem::path path_;
};

// Both fail the test on errors. WriteFile overwrites an existing file, which keeps its inode.
void WriteFile(const std::string& path, std::string_view contents);
std::string ReadFile(const std::string& path);

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_SCRATCH_DIRECTORY_H_
