#include "front/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "format/text.h"
#include "front/multi_option.h"

namespace flatmanifest::front {

namespace {

// The options of every command in dbt/cli/params.py. Options that choose another parser, or
// work that the front door does not do, are missing here. `dbt ls` reads the artifacts that
// --defer-state names, and then defers nothing (dbt/task/list.py).
constexpr const char* kFlags[] = {"--cache-selected-only",
                                  "-d,--debug",
                                  "--defer",
                                  "-x,--fail-fast",
                                  "--favor-state",
                                  "--hints-enabled",
                                  "--log-cache-events",
                                  "--populate-cache",
                                  "--print",
                                  "-q,--quiet",
                                  "--send-anonymous-usage-stats",
                                  "--show-all-deprecations",
                                  "--single-threaded",
                                  "--static-parser",
                                  "--use-colors",
                                  "--use-colors-file",
                                  "--use-fast-test-edges",
                                  "--version-check",
                                  "--write-json"};
constexpr const char* kValues[] = {"--defer-state",
                                   "--log-file-max-bytes",
                                   "--log-format",
                                   "--log-format-file",
                                   "--log-level",
                                   "--log-level-file",
                                   "--log-path",
                                   "--maximum-seed-size-mib",
                                   "--printer-width",
                                   "--profile",
                                   "--profiles-dir",
                                   "--project-dir",
                                   "--state",
                                   "-t,--target",
                                   "--target-path",
                                   "--vars",
                                   "--warn-error-options"};

std::string LongName(std::string_view names) { return std::string(names.substr(names.find("--"))); }

bool HasModelsAlone(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
    return argument == "-m" || argument == "--model" || argument == "--models";
  });
}

void AddOption(CLI::App& command, const MultiOption& option, ListOptions& options) {
  command
      .add_option_function<std::vector<std::string>>(
          option.flags,
          [&values = options.*option.value](const std::vector<std::string>& typed) {
            values.emplace();
            for (const std::string& value : typed) values->push_back(ValueOf(value));
          })
      ->expected(1, -1)
      ->take_all();
}

void AddOption(CLI::App& command, const SingleOption& option, ListOptions& options) {
  command.add_option(option.flags, options.*option.value)->take_last();
}

void AddList(CLI::App& app, const char* name, ListOptions& options) {
  CLI::App* command = app.add_subcommand(name);
  command->set_help_flag();
  command->fallthrough();
  for (const MultiOption& option : kMultiOptions) AddOption(*command, option, options);
  AddOption(*command, kSelector, options);
  AddOption(*command, kOutput, options);
}

class Parser {
 public:
  Parser() {
    app_.set_help_flag();
    app_.require_subcommand(1);
    for (const char* names : kFlags) {
      const std::string name = LongName(names);
      app_.add_flag_function(
          std::string(names) + ",!--no-" + name.substr(2),
          [this, name](int64_t count) { line_.settings[name] = count > 0 ? "yes" : "no"; });
    }
    app_.add_flag_function("--warn-error",
                           [this](int64_t) { line_.settings["--warn-error"] = "yes"; });
    for (const char* names : kValues) AddSetting(app_, names);
    AddOption(app_, kIndirectSelection, line_.list);
    AddList(app_, "ls", line_.list);
    AddList(app_, "list", line_.list);
    CLI::App* parse = app_.add_subcommand("parse");
    parse->set_help_flag();
    parse->fallthrough();
    AddSetting(*parse, "--threads");
  }

  CommandLine Parse(const std::vector<std::string>& arguments) {
    std::vector<std::string> marked = MarkValues(arguments, MultiOptionFlags());
    std::reverse(marked.begin(), marked.end());  // CLI11 takes them from the end
    app_.parse(std::move(marked));
    line_.command = app_.get_subcommands().front()->get_name();
    // dbt reports --models as deprecated if it is an argument of its own, unlike --models=VALUE
    // (dbt/cli/flags.py, fire_deprecations).
    if (line_.list.models) line_.settings["--models"] = HasModelsAlone(arguments) ? "yes" : "no";
    return std::move(line_);
  }

 private:
  void AddSetting(CLI::App& command, const char* names) {
    const std::string name = LongName(names);
    command
        .add_option_function<std::string>(
            names, [this, name](const std::string& value) { line_.settings[name] = value; })
        ->take_last();
  }

  CommandLine line_;
  CLI::App app_;
};

// Whether a flag is both set and unset. For dbt the last one counts; CLI11 adds them up.
bool HasContradiction(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    constexpr std::string_view kNo = "--no-";
    if (!argument.starts_with(kNo)) return false;
    const std::string positive = "--" + argument.substr(kNo.size());
    const char letter = positive[2];
    return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& other) {
      const bool is_short = other.size() > 1 && other[0] == '-' && other[1] != '-';
      return other == positive || (is_short && other.find(letter) != std::string::npos);
    });
  });
}

// Whether Python has other characters for the bytes than the text of a file: a byte that is no
// UTF-8, or a lone surrogate (os.fsdecode, PEP 383).
bool IsDecodedOtherwise(std::string_view argument) {
  if (!IsText(argument)) return true;
  for (size_t at = 0; at < argument.size(); ++at) {
    if (SurrogateAt(argument, at)) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> CommandLine::Setting(const std::string& name) const {
  if (const auto found = settings.find(name); found != settings.end()) return found->second;
  std::string variable = name.substr(2);
  std::transform(variable.begin(), variable.end(), variable.begin(), [](char letter) {
    return letter == '-' ? '_'
                         : static_cast<char>(letter - ('a' <= letter && letter <= 'z' ? 32 : 0));
  });
  for (const char* prefix : {"DBT_ENGINE_", "DBT_"}) {
    const char* value = std::getenv((prefix + variable).c_str());
    if (value != nullptr && *value != '\0') return value;
  }
  return std::nullopt;
}

std::optional<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments) {
  // Behind "--", dbt expects arguments, and these commands have none.
  if (std::find(arguments.begin(), arguments.end(), "--") != arguments.end()) return std::nullopt;
  if (HasContradiction(arguments)) return std::nullopt;
  if (std::any_of(arguments.begin(), arguments.end(), IsDecodedOtherwise)) return std::nullopt;
  try {
    return Parser().Parse(arguments);
  } catch (const CLI::Error&) {
    return std::nullopt;
  }
}

}  // namespace flatmanifest::front
