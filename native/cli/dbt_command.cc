// `flatmanifest dbt …`: answered here where that can be (native/front), else dbt, with the plugin
// on, in the Python that flatmanifest is installed in.

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "cli/commands.h"
#include "front/serve.h"

namespace flatmanifest::cli {

namespace {

namespace fs = std::filesystem;

// pip puts the executable beside the interpreter, also where a link elsewhere leads to it.
fs::path PythonBeside(const fs::path& executable) {
  for (const char* name : {"python", "python3"}) {
    fs::path python = executable.parent_path() / name;
    if (::access(python.c_str(), X_OK) == 0) return python;
  }
  throw CommandError("there is no Python beside " + executable.string() +
                     ": install flatmanifest with pip where dbt is, or run dbt itself");
}

fs::path Self(const std::string& name) {
  std::error_code error;
  fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (!error) return self;
  const fs::path named = fs::canonical(name, error);  // where there is no /proc
  return error ? fs::path(name) : named;
}

}  // namespace

bool IsDbt(const std::vector<std::string>& arguments) {
  return !arguments.empty() && arguments[0] == "dbt";
}

void RunDbt(const std::string& program, std::vector<std::string> arguments) {
  // As for Python, whose programs end quietly when nobody reads on.
  std::signal(SIGPIPE, SIG_DFL);
  const fs::path self = Self(program);
  const auto reason =
      front::Serve({arguments.begin() + 1, arguments.end()}, self.parent_path().string());
  if (!reason) std::_Exit(0);
  const char* explain = std::getenv("FLATMANIFEST_EXPLAIN");
  if (explain != nullptr && *explain != '\0') {
    std::fprintf(stderr, "flatmanifest: dbt runs: %s\n", reason->c_str());
  }
  std::string python = PythonBeside(self).string();
  std::string option = "-m";
  std::string module = "flatmanifest.dbt";
  std::vector<char*> command = {python.data(), option.data(), module.data()};
  for (size_t i = 1; i < arguments.size(); ++i) command.push_back(arguments[i].data());
  command.push_back(nullptr);
  ::execv(python.c_str(), command.data());
  throw CommandError("cannot run " + python + ": " + std::strerror(errno));
}

}  // namespace flatmanifest::cli
