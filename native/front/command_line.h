// dbt's command line, as far as `flatmanifest dbt` answers it itself.

#ifndef FLATMANIFEST_FRONT_COMMAND_LINE_H_
#define FLATMANIFEST_FRONT_COMMAND_LINE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "front/list_options.h"

namespace flatmanifest::front {

struct CommandLine {
  std::string command;  // "ls", "list" or "parse"
  ListOptions list;
  // All other options, by their longest name. Their meaning is not known here; the same settings
  // give the same output of dbt.
  std::map<std::string, std::string> settings;

  bool lists() const { return command != "parse"; }
  // The value of a setting, or of the environment variable that dbt reads instead ("--target-path":
  // DBT_ENGINE_TARGET_PATH, DBT_TARGET_PATH); nothing if neither is set.
  std::optional<std::string> Setting(const std::string& name) const;
};

// Reads the arguments of `dbt`, as dbt/cli/main.py of dbt-core 1.10 to 1.12 does. Nothing for
// another command, for an option that is unknown or that only dbt can serve, for wrong usage, and
// for bytes that Python decodes to other characters than a file has (os.fsdecode, PEP 383).
std::optional<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_COMMAND_LINE_H_
