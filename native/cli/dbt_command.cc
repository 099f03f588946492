// `flatmanifest dbt …`, also under the names `fdbt` and `dbt`: answered here where that can be
// (native/front), else dbt, with the plugin on, in the Python that flatmanifest is installed in.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/python.h"
#include "front/serve.h"

namespace flatmanifest::cli {

bool IsNameOfDbt(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  return name == "dbt" || name == "fdbt";
}

void RunDbt(const std::string& program, const std::vector<std::string>& arguments) {
  // As for Python, whose programs end quietly when nobody reads on.
  std::signal(SIGPIPE, SIG_DFL);
  const auto reason = front::Serve(arguments, Executable(program).parent_path().string());
  if (!reason) std::_Exit(0);
  if (front::Explains()) {
    std::fprintf(stderr, "flatmanifest: dbt runs: %s\n", reason->c_str());
  }
  BecomePython(program, "flatmanifest.dbt", arguments);
}

}  // namespace flatmanifest::cli
