// The `flatmanifest` executable, the shell's access to the native rooms.
//
// Exit status: 0 for success; 1 if the command failed, with a message on standard error and no
// half-written file; 2 for wrong usage.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"

namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

int Run(int argc, char** argv) {
  std::vector<std::string> given(argv + 1, argv + argc);
  if (flatmanifest::cli::IsNameOfDbt(argv[0])) flatmanifest::cli::RunDbt(argv[0], given);
  if (!given.empty() && given[0] == "dbt") {
    flatmanifest::cli::RunDbt(argv[0], {given.begin() + 1, given.end()});
  }
  flatmanifest::cli::RunIfOfPython(argv[0], given);
  CLI::App app("Hold, share and query a dbt manifest without deserializing it", "flatmanifest");
  app.set_version_flag("--version", "flatmanifest " FLATMANIFEST_VERSION);
  flatmanifest::cli::AddConvert(app);
  flatmanifest::cli::AddExport(app);
  flatmanifest::cli::AddInfo(app);
  flatmanifest::cli::AddVerify(app);
  flatmanifest::cli::AddShow(app);
  flatmanifest::cli::AddLs(app);
  flatmanifest::cli::AddDiff(app);
  flatmanifest::cli::AddCache(app);
  flatmanifest::cli::AddResident(app);
  flatmanifest::cli::AddCompletion(app);
  app.add_subcommand("dbt", "Run dbt, served from the mapping where it can be");  // for --help
  app.add_subcommand("profile", "Say where a dbt command's time goes");
  app.add_subcommand("seams",
                     "Say which functions of dbt are replaced, and whether they are known");
  try {
    auto arguments = flatmanifest::cli::PrepareArguments(std::move(given));
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
    app.parse(std::move(arguments));
    if (!app.get_subcommands().empty()) return 0;
    std::fputs(app.help().c_str(), stderr);
    return kWrongUsage;
  } catch (const CLI::RuntimeError& failed) {
    return failed.get_exit_code();
  } catch (const CLI::ParseError& usage) {
    // --help and --version arrive here too, with exit code 0.
    return app.exit(usage) == 0 ? 0 : kWrongUsage;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write past `ulimit -f` fails, and is told like any other
  try {
    return Run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("flatmanifest: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "flatmanifest: %s\n", error.what());
  }
  return kFailed;
}
