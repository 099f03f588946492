// The subcommands of the executable. Each Add function defines one on the app and returns nothing;
// CLI11 runs the command when its name was typed. Commands throw format/error.h's errors, or
// CommandError, and main turns them into a message and an exit status.

#ifndef FLATMANIFEST_CLI_COMMANDS_H_
#define FLATMANIFEST_CLI_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "format/error.h"

namespace flatmanifest::cli {

// An error of a command that was understood but cannot be carried out: exit status 1.
class CommandError : public Error {
 public:
  using Error::Error;
};

void AddConvert(CLI::App& app);
void AddExport(CLI::App& app);
void AddInfo(CLI::App& app);
void AddVerify(CLI::App& app);
void AddShow(CLI::App& app);
void AddLs(CLI::App& app);
void AddDiff(CLI::App& app);
void AddCache(CLI::App& app);
void AddResident(CLI::App& app);
void AddCompletion(CLI::App& app);

// Whether the executable was started under a name of dbt's: `dbt`, or `fdbt` (cli/fdbt.cc).
bool IsNameOfDbt(const std::string& program);
// `flatmanifest dbt …`, which CLI11 does not parse: `arguments` are those of dbt. Replaces this
// process by the dbt of the Python that the executable, `program`, is installed beside. Throws
// CommandError if there is none.
[[noreturn]] void RunDbt(const std::string& program, const std::vector<std::string>& arguments);
// `flatmanifest profile …`, `flatmanifest cache push …` and their like: replaces this process by
// the Python program that reads the arguments after the first. Returns if they name no such
// command. Throws CommandError.
void RunIfOfPython(const std::string& program, const std::vector<std::string>& arguments);

// Prepares the arguments of the whole command line (without the program's name) for CLI11: those of
// `ls`, whose options take values as dbt's do, are marked (front/multi_option.h).
std::vector<std::string> PrepareArguments(std::vector<std::string> arguments);

}  // namespace flatmanifest::cli

#endif  // FLATMANIFEST_CLI_COMMANDS_H_
