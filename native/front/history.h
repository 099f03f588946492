// history.txt in the cache directory: how many commands were answered natively, how many dbt ran,
// and why. For people (`flatmanifest cache status`); nothing depends on it. Its form:
// docs/cache-files.md.

#ifndef FLATMANIFEST_FRONT_HISTORY_H_
#define FLATMANIFEST_FRONT_HISTORY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest::front {

inline constexpr std::string_view kHistoryName = "history.txt";

// A command that dbt ran. The texts are single lines.
struct RunOfDbt {
  int64_t time_s = 0;        // Unix time
  std::string command;       // "ls"
  std::string because;       // why the front door did not answer
  std::string not_recorded;  // why it will not answer the next time either; "" if it may
};

struct History {
  uint64_t native_count = 0;
  uint64_t dbt_count = 0;
  std::vector<RunOfDbt> runs;  // the last hundred, the latest first
};

// Empty if there is no file, or if it is damaged. Throws FormatError for a file that others may
// write to (store/trust.h), IoError.
History ReadHistory(const std::string& directory);

// Counts a native answer. The caller holds the CacheLock. Does nothing if it cannot: a command that
// is answered never fails because of its history.
void CountAnswer(const std::string& directory) noexcept;

// Counts a run by dbt, under the CacheLock. Does nothing without the directory. Throws as
// ReadHistory does.
void CountRun(const std::string& directory, RunOfDbt run);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_HISTORY_H_
