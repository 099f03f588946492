// `flatmanifest dbt …`, also by the names `fdbt` and `dbt`. The front door (native/front) answers
// if it can. Otherwise dbt runs with the plugin: in a copy of a process that has dbt loaded
// (native/resident), or in the Python that flatmanifest is installed in.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/python.h"
#include "front/serve.h"
#include "resident/resident.h"

namespace flatmanifest::cli {

bool IsNameOfDbt(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  return name == "dbt" || name == "fdbt";
}

void RunDbt(const std::string& program, const std::vector<std::string>& arguments) {
  // Python programs end quietly when their output is closed; so does this one.
  std::signal(SIGPIPE, SIG_DFL);
  const auto reason = front::Serve(arguments, Executable(program).parent_path().string());
  if (!reason) std::_Exit(0);
  if (front::Explains()) {
    std::fprintf(stderr, "flatmanifest: dbt runs: %s\n", reason->c_str());
  }
  // Counted where dbt's own options are known: python/flatmanifest/dbt/front_door/history.py.
  ::setenv("FLATMANIFEST_DBT_RUNS", reason->c_str(), 1);
  ::unsetenv("FLATMANIFEST_RESIDENT_SOCKET");
  const resident::NotRun not_run = resident::Run(PythonOf(program), arguments);
  if (front::Explains() && !not_run.reason.empty()) {
    std::fprintf(stderr, "flatmanifest: Python starts: %s\n", not_run.reason.c_str());
  }
  if (!not_run.socket.empty()) {
    ::setenv("FLATMANIFEST_RESIDENT_SOCKET", not_run.socket.c_str(), 1);
  }
  BecomePython(program, "flatmanifest.dbt", arguments);
}

}  // namespace flatmanifest::cli
