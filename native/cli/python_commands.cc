// Subcommands that are Python programs: `flatmanifest profile …`, `flatmanifest seams …`.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"
#include "cli/python.h"

namespace flatmanifest::cli {
namespace {

struct PythonCommand {
  std::string_view name;
  std::string_view module;
};

constexpr PythonCommand kPythonCommands[] = {
    {.name = "profile", .module = "flatmanifest.profile"},
    {.name = "seams", .module = "flatmanifest.dbt.seams_command"},
};

}  // namespace

void RunIfOfPython(const std::string& program, const std::vector<std::string>& arguments) {
  if (arguments.empty()) return;
  const auto* found = std::ranges::find(kPythonCommands, arguments[0], &PythonCommand::name);
  if (found == std::end(kPythonCommands)) return;
  BecomePython(program, std::string(found->module), {arguments.begin() + 1, arguments.end()});
}

}  // namespace flatmanifest::cli
