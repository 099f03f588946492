// Subcommands that are Python programs: `flatmanifest profile …`, `flatmanifest cache push …`.

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
  std::string_view subcommand;  // "" if all of them are the program's
  std::string_view module;
};

constexpr PythonCommand kPythonCommands[] = {
    {.name = "profile", .subcommand = "", .module = "flatmanifest.profile"},
    {.name = "seams", .subcommand = "", .module = "flatmanifest.dbt.seams_command"},
    {.name = "cache", .subcommand = "push", .module = "flatmanifest.remote"},
    {.name = "cache", .subcommand = "pull", .module = "flatmanifest.remote"},
};

bool IsNamedBy(const PythonCommand& command, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0] != command.name) return false;
  return command.subcommand.empty() || (arguments.size() > 1 && arguments[1] == command.subcommand);
}

}  // namespace

void RunIfOfPython(const std::string& program, const std::vector<std::string>& arguments) {
  const auto* found = std::ranges::find_if(
      kPythonCommands, [&](const PythonCommand& command) { return IsNamedBy(command, arguments); });
  if (found == std::end(kPythonCommands)) return;
  BecomePython(program, std::string(found->module), {arguments.begin() + 1, arguments.end()});
}

}  // namespace flatmanifest::cli
