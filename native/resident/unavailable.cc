// The resident dbt on systems where it is not offered: a copy of a process that has loaded system
// frameworks is not safe on macOS, and the hand-over uses descriptors of processes (Linux 5.3).

#include "resident/resident.h"

namespace flatmanifest::resident {

NotRun Run(const std::string& /*python*/, const std::vector<std::string>& /*arguments*/) {
  return {};
}

std::vector<std::string> DescribeTemplates() { return {}; }

size_t StopTemplates() { return 0; }

}  // namespace flatmanifest::resident
