// dbt's answers to `--help` and `--version`, of any command, in any directory.

#ifndef FLATMANIFEST_FRONT_ANSWER_H_
#define FLATMANIFEST_FRONT_ANSWER_H_

#include <optional>
#include <string>
#include <vector>

namespace flatmanifest::front {

// The file of the answer to `dbt ARGUMENTS`, if these ask for help or a version. It is in the
// user's cache directory, by the arguments and the width of the terminal. `program_directory` is
// the directory of Python and flatmanifest.
std::optional<std::string> AnswerPath(const std::vector<std::string>& arguments,
                                      const std::string& program_directory);

// dbt's recorded output, if its packages and the environment are unchanged. The output for a
// version, which dbt looks up in the package index, is good for a day. Throws FormatError, and
// IoError if nothing is recorded.
std::optional<std::string> ReadAnswer(const std::string& path);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ANSWER_H_
