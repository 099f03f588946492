#include "cli/python.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "cli/commands.h"

namespace flatmanifest::cli {

namespace {

namespace fs = std::filesystem;

// pip puts the executable beside the interpreter. A symbolic link elsewhere leads back there.
fs::path PythonBeside(const fs::path& executable) {
  for (const char* name : {"python", "python3"}) {
    fs::path python = executable.parent_path() / name;
    if (::access(python.c_str(), X_OK) == 0) return python;
  }
  throw CommandError("there is no Python beside " + executable.string() +
                     ": install flatmanifest with pip where dbt is, or run dbt itself");
}

}  // namespace

fs::path Executable(const std::string& name) {
  std::error_code error;
  fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) return self;
  const fs::path named = fs::canonical(name, error);  // where there is no /proc
  return error ? fs::path(name) : named;
}

std::string PythonOf(const std::string& name) { return PythonBeside(Executable(name)).string(); }

void BecomePython(const std::string& name, std::string module, std::vector<std::string> arguments) {
  std::string python = PythonOf(name);
  std::string option = "-m";
  std::vector<char*> command = {python.data(), option.data(), module.data()};
  for (std::string& argument : arguments) command.push_back(argument.data());
  command.push_back(nullptr);
  ::execv(python.c_str(), command.data());
  throw CommandError("cannot run " + python + ": " + std::strerror(errno));
}

}  // namespace flatmanifest::cli
