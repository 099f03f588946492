// The states that a power failure can leave of a process's operations on one directory.

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

// Records the operations of a traced process on a directory, and computes every state that a power
// failure can leave, at any moment, on any file system that keeps exactly these promises: data
// written to a file before its fsync returned is there after the failure; names that were made,
// renamed or removed before the fsync of their directory returned are so; a rename happens or does
// not. Everything else may have happened or not, each operation by itself, in any order. Any
// pages of a write may be there; the others are zero or missing.
class DiskModel {
 public:
  DiskModel(std::string directory, const DiskState& before);

  // Must be called at each stop of the process.
  void Watch(const Stop& stop);

  // The number of operations seen.
  size_t operation_count() const { return operations_.size(); }
  // Calls `check` with each state that a power failure can leave; some states come more than once.
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
  // The pages of a write that are there.
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
