#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/output.h"
#include "front/completion.h"

namespace flatmanifest::cli {

void AddCompletion(CLI::App& app) {
  struct Options {
    std::string shell;
    std::string line;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "completion", "A script that completes names, tags, paths and selectors in a shell");
  CLI::Option* shell = command->add_option("SHELL", options->shell, "bash, zsh or fish")
                           ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  CLI::Option* line = command->add_option(
      "--line", options->line, "Print what the last word of this command line can become");
  line->excludes(shell);
  command->callback([options, line] {
    if (line->count() == 0) {
      if (options->shell.empty()) throw CLI::RequiredError("SHELL");
      return Print(front::CompletionScript(options->shell));
    }
    std::string text;
    for (const std::string& word : front::Complete(options->line)) text += word + "\n";
    Print(text);
  });
}

}  // namespace flatmanifest::cli
