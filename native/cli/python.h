// The Python that flatmanifest is installed in, for the commands that are written in it.

#ifndef FLATMANIFEST_CLI_PYTHON_H_
#define FLATMANIFEST_CLI_PYTHON_H_

#include <filesystem>
#include <string>
#include <vector>

namespace flatmanifest::cli {

// The running executable; `name` is argv[0].
std::filesystem::path Executable(const std::string& name);

// Goes on, in this process, as `python -m module arguments…`. Throws CommandError if there is no
// Python beside the executable, or if it cannot be run.
[[noreturn]] void BecomePython(const std::string& name, std::string module,
                               std::vector<std::string> arguments);

}  // namespace flatmanifest::cli

#endif  // FLATMANIFEST_CLI_PYTHON_H_
