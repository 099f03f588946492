// The Python that flatmanifest is installed in; some commands are Python programs.

#ifndef FLATMANIFEST_CLI_PYTHON_H_
#define FLATMANIFEST_CLI_PYTHON_H_

#include <filesystem>
#include <string>
#include <vector>

namespace flatmanifest::cli {

// The path of the running executable; `name` is argv[0].
std::filesystem::path Executable(const std::string& name);

// The path of the Python beside the executable. Throws CommandError if there is none.
std::string PythonOf(const std::string& name);

// Replaces this process by `python -m module arguments…`. Throws CommandError if there is no Python
// beside the executable, or if it cannot be run.
[[noreturn]] void BecomePython(const std::string& name, std::string module,
                               std::vector<std::string> arguments);

}  // namespace flatmanifest::cli

#endif  // FLATMANIFEST_CLI_PYTHON_H_
