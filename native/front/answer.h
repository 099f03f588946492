// What dbt says of itself: `--help` and `--version`, of any command, in any directory.

#ifndef FLATMANIFEST_FRONT_ANSWER_H_
#define FLATMANIFEST_FRONT_ANSWER_H_

#include <optional>
#include <string>
#include <vector>

namespace flatmanifest::front {

// Where the answer to `dbt ARGUMENTS` is kept, if that asks for help or a version: in the user's
// cache directory, by the arguments and the width of the terminal. `program_directory` is where
// Python is, and flatmanifest beside it.
std::optional<std::string> AnswerPath(const std::vector<std::string>& arguments,
                                      const std::string& program_directory);

// What dbt printed, if its packages and the environment are what they were; for a version, which
// dbt looks up in the package index, not longer than a day ago. Throws FormatError, IoError where
// nothing is kept.
std::optional<std::string> ReadAnswer(const std::string& path);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_ANSWER_H_
