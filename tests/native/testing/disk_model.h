// What a power failure may leave of what a process has done to one directory.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_DISK_MODEL_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_DISK_MODEL_H_

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "testing/traced_process.h"

namespace flatmanifest::testing {

// The files of a directory by name.
using DiskState = std::map<std::string, std::string>;

// Takes down what a traced process does to a directory, and works out every state that a power
// failure can leave it in, at any moment, on any file system that keeps these promises and no
// others: what was written to a file before its fsync has returned is there after it; names that
// were made, renamed or removed before the fsync of their directory has returned are as they were
// made; a rename happens or does not. Everything else may have happened or not, each operation by
// itself, in whatever order; of a write, any pages may be there, the others being zero or missing.
class DiskModel {
 public:
  DiskModel(std::string directory, const DiskState& before);

  // To be called at each stop of the process.
  void Watch(const Stop& stop);

  // How many operations were seen.
  size_t operation_count() const { return operations_.size(); }
  // Calls `check` with each state that a power failure can leave; the same one may come again.
  void ForEachState(const std::function<void(const DiskState&)>& check) const;

 private:
  enum class Kind : uint8_t { kCreate, kWrite, kFlushFile, kRename, kRemove, kFlushDirectory };
  struct Operation {
    Kind kind;
    size_t file = 0;           // kCreate, kWrite, kFlushFile: which
    std::string name = {};     // kCreate, kRemove, kRename: in the directory
    std::string renamed = {};  // kRename: to what
    std::string bytes = {};    // kWrite
    size_t offset = 0;         // kWrite
  };
  struct OpenFile {
    bool is_directory = false;
    size_t file = 0;
    size_t offset = 0;
  };
  // Which pages of a write are there.
  enum class Part : uint8_t { kNone, kAll, kFirstPage, kLastPage, kZeros };

  std::optional<std::string> NameOf(const std::string& path) const;
  void Opened(const std::string& path, int fd, int flags);
  bool MustHaveHappened(size_t operation, size_t moment) const;
  void Vary(size_t moment, size_t next, std::vector<Part>& parts,
            const std::function<void(const DiskState&)>& check) const;
  DiskState StateOf(const std::vector<Part>& parts) const;

  const std::string directory_;
  std::vector<std::string> contents_;    // of files, as they were before
  std::map<std::string, size_t> names_;  // files by name, before
  std::map<std::string, size_t> names_now_;
  std::map<int, OpenFile> open_;
  std::vector<Operation> operations_;
  Stop entered_{};
};

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_DISK_MODEL_H_
