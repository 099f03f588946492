// The resident dbt, seen from the command line: a template process that has dbt imported runs a
// command in a copy of itself. docs/resident.md.

#ifndef FLATMANIFEST_RESIDENT_RESIDENT_H_
#define FLATMANIFEST_RESIDENT_RESIDENT_H_

#include <cstddef>
#include <string>
#include <vector>

namespace flatmanifest::resident {

// Why Python has to be started for a command.
struct NotRun {
  std::string reason;  // "" if nobody has asked for the resident dbt
  std::string socket;  // the path for a template that may be started afterwards; "" for none
};

// Has a template run `dbt ARGUMENTS` as the Python at `python` would, and ends this process as that
// command ended. Returns if no template can run it; then nothing of it has been run. Throws
// nothing.
NotRun Run(const std::string& python, const std::vector<std::string>& arguments);

// The facts of each template of this user, in lines of "name value". Throws FormatError, IoError.
std::vector<std::string> DescribeTemplates();

// Ends each template of this user; the commands that run in copies of one go on. Returns how many
// there were. Throws FormatError, IoError.
size_t StopTemplates();

}  // namespace flatmanifest::resident

#endif  // FLATMANIFEST_RESIDENT_RESIDENT_H_
