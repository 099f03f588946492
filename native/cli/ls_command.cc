#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "convert/convert.h"
#include "front/list_options.h"
#include "front/multi_option.h"
#include "listing/earlier_run.h"
#include "listing/graphviz.h"
#include "listing/list_output.h"
#include "listing/picture.h"
#include "select/resource_types.h"
#include "select/selection.h"
#include "select/spec.h"
#include "store/publish.h"

namespace flatmanifest::cli {

namespace {

constexpr const char* kName = "ls";
constexpr const char* kAlias = "list";

using Texts = std::vector<std::string>;

// Graphs with more edges are drawn by forces instead of layers.
constexpr uint64_t kMostLayeredEdges = 2'000;

constexpr const char* kDefaultOutput = "selector";
constexpr const char* kDefaultIndirectSelection = "eager";

front::ListOptions DefaultListOptions() {
  front::ListOptions options;
  options.output = kDefaultOutput;
  options.indirect_selection = kDefaultIndirectSelection;
  return options;
}

struct LsOptions {
  std::string file;
  front::ListOptions list = DefaultListOptions();
  std::string output_file;
  std::string project_dir;
  std::string state;
  bool compare_more_unrendered_values = false;
  std::string target_path;
  std::string dbt_version;
  bool quiet = false;
};

SelectionRequest SelectionOf(const LsOptions& options) {
  if (auto contradiction = front::Contradiction(options.list)) throw CommandError(*contradiction);
  SelectionRequest request = front::RequestOf(options.list);
  if (request.selector == "") request.selector.reset();
  if (!options.dbt_version.empty()) request.dbt_version = options.dbt_version;
  if (!options.project_dir.empty()) request.project_directory = options.project_dir;
  return request;
}

bool IsToFile(const LsOptions& options) {
  return !options.output_file.empty() && options.output_file != "-";
}

// The style that the terminal supports. Files are UTF-8, like all that dbt writes.
TreeStyle StyleOfOutput(bool to_file) {
  TreeStyle style;
  std::setlocale(LC_CTYPE, "");
  style.unicode = to_file || std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  const char* no_color = std::getenv("NO_COLOR");
  const bool colour_is_off = no_color != nullptr && *no_color != '\0';
  style.colour = !to_file && !colour_is_off && isatty(STDOUT_FILENO) != 0;
  return style;
}

void WriteOutput(const Document& document, const std::vector<Row>& rows, const LsOptions& options,
                 TextBuffer& out) {
  const std::string& output = *options.list.output;
  if (output == "selector") return WriteList(document, rows, ListFormat::kSelector, {}, out);
  if (output == "name") return WriteList(document, rows, ListFormat::kName, {}, out);
  if (output == "path") return WriteList(document, rows, ListFormat::kPath, {}, out);
  if (output == "json") {
    const auto& keys = options.list.output_keys;
    return WriteList(document, rows, ListFormat::kJson, keys.value_or(Texts()), out);
  }
  const Lineage lineage = BuildLineage(Dependencies(document), rows);
  if (output == "tree") {
    return WriteTree(document, lineage, StyleOfOutput(IsToFile(options)), out);
  }
  if (output == "dot") return WriteDot(document, lineage, out);
  BulkText dot;
  WriteDot(document, lineage, dot);
  const bool is_large = lineage.edge_count > kMostLayeredEdges;
  out.Append(DotToSvg(dot.text(), is_large ? Layout::kForces : Layout::kLayers));
}

void Run(const LsOptions& options) {
  SelectionRequest request = SelectionOf(options);
  const auto file = OpenManifest(options.file);
  const Document& document = file->document();
  std::optional<EarlierRun> earlier;
  if (!options.state.empty()) {
    earlier.emplace(options.state, options.target_path);
    request.state = earlier->state();
    request.state.compare_more_unrendered_values = options.compare_more_unrendered_values;
  }
  const Selection selection = Selector(document).Select(request);
  if (!options.quiet) PrintWarnings(selection.warnings);
  BulkText out;
  WriteOutput(document, selection.rows, options, out);
  // A reader may close the pipe early (`| head`). Then the program ends without an error, even if
  // its parent ignored the signal.
  std::signal(SIGPIPE, SIG_DFL);
  Write(options.output_file, out.text());
}

// The environment variable of an option: dbt 1.11 prefers the longer name
// (dbt/cli/params.py, EngineEnvVar).
std::string Variable(const std::string& name) {
  const std::string engine = "DBT_ENGINE_" + name;
  const char* value = std::getenv(engine.c_str());
  return value != nullptr && *value != '\0' ? engine : "DBT_" + name;
}

// Removes MarkValues's marks. FILE has a mark if it follows the values of such an option.
CLI::Validator AsTyped() {
  return CLI::Validator(
      [](std::string& argument) {
        argument = front::ValueOf(std::move(argument));
        return std::string();
      },
      "");
}

// An option with one value or more, up to the next option, as dbt's MultiOption takes them.
CLI::Option* AddOption(CLI::App& command, const front::MultiOption& option, LsOptions& options,
                       const std::string& description) {
  return command
      .add_option_function<Texts>(
          option.flags,
          [&values = options.list.*option.value](const Texts& typed) { values = typed; },
          description)
      ->expected(1, -1)
      ->take_all()
      ->transform(AsTyped());
}

CLI::Option* AddOption(CLI::App& command, const front::SingleOption& option, LsOptions& options,
                       const std::string& description) {
  return command.add_option(option.flags, options.list.*option.value, description);
}

// Accepts these words (lower case), also several in one quoted value.
CLI::Validator WordsOf(std::vector<std::string> words) {
  std::string allowed;
  for (const std::string& word : words) allowed += (allowed.empty() ? "" : ", ") + word;
  return CLI::Validator(
      [words = std::move(words), allowed](std::string& values) {
        std::string wrong;
        ForEachPart(values, ' ', [&](std::string_view word) {
          const bool is_known = std::find(words.begin(), words.end(), word) != words.end();
          if (wrong.empty() && !word.empty() && !is_known) wrong = word;
        });
        return wrong.empty() ? "" : "'" + wrong + "' is not one of " + allowed;
      },
      "TYPE");
}

std::vector<std::string> TypeNames(bool with_all) {
  std::vector<std::string> names(std::begin(kListedTypes), std::end(kListedTypes));
  names.insert(names.end(), {"analysis", "default"});
  if (with_all) names.emplace_back("all");
  return names;
}

std::vector<std::string> IndirectSelectionNames() {
  return {std::begin(kIndirectSelectionNames), std::end(kIndirectSelectionNames)};
}

void AddSelection(CLI::App& command, LsOptions& options) {
  AddOption(command, front::kSelect, options, "What to list, as dbt selects nodes");
  AddOption(command, front::kModels, options, "The same, for models only (dbt's older name)");
  AddOption(command, front::kExclude, options, "What to leave out");
  AddOption(command, front::kSelector, options, "A YAML selector of the project, by name");
  AddOption(command, front::kResourceTypes, options,
            R"(Only resources of these types; "all" are "default" and analyses)")
      ->check(WordsOf(TypeNames(true)))
      ->envname(Variable("RESOURCE_TYPES"));
  AddOption(command, front::kExcludeResourceTypes, options, "No resources of these types")
      ->check(WordsOf(TypeNames(false)))
      ->envname(Variable("EXCLUDE_RESOURCE_TYPES"));
  AddOption(command, front::kIndirectSelection, options,
            "Which tests to select with what they test")
      ->transform(CLI::IsMember(IndirectSelectionNames(), CLI::ignore_case))
      ->envname(Variable("INDIRECT_SELECTION"))
      ->default_str(kDefaultIndirectSelection);
  command.add_option("--project-dir", options.project_dir,
                     "Where path: looks for files (default: among the manifest's own paths)");
  command.add_option("--dbt-version", options.dbt_version,
                     "The release of dbt to follow (default: the one that wrote the manifest)");
  command
      .add_option("--state", options.state,
                  "Directory of an earlier run's manifest.json, run_results.json and sources.json")
      ->envname(Variable("STATE"));
  command.add_flag(
      "--state-modified-compare-more-unrendered-values,"
      "!--no-state-modified-compare-more-unrendered-values",
      options.compare_more_unrendered_values,
      "For state:modified, as the flag of that name in dbt_project.yml: sources by their "
      "unrendered "
      "database and schema");
  command
      .add_option("--target-path", options.target_path,
                  "Directory of the current sources.json, for source_status:")
      ->envname(Variable("TARGET_PATH"));
}

}  // namespace

std::vector<std::string> PrepareArguments(std::vector<std::string> arguments) {
  if (arguments.empty() || (arguments[0] != kName && arguments[0] != kAlias)) return arguments;
  return front::MarkValues(arguments, front::MultiOptionFlags());
}

void AddLs(CLI::App& app) {
  auto options = std::make_shared<LsOptions>();
  CLI::App* command = app.add_subcommand(kName, "List resources by dbt's node selection");
  command->alias(kAlias);
  command->add_option("FILE", options->file, "An .fman file, or a manifest's JSON")
      ->required()
      ->transform(AsTyped());
  AddSelection(*command, *options);
  AddOption(*command, front::kOutput, *options, "selector, name, path, json, tree, dot or svg")
      ->transform(CLI::IsMember({"selector", "name", "path", "json", "tree", "dot", "svg"},
                                CLI::ignore_case))
      ->default_str(kDefaultOutput);
  AddOption(*command, front::kOutputKeys, *options,
            "The fields of JSON output, e.g. name config.materialized");
  command->add_option("-o,--output-file", options->output_file,
                      "Where to write it (default: stdout)");
  command->add_flag("-q,--quiet,!--no-quiet", options->quiet, "No warnings")
      ->envname(Variable("QUIET"));
  command->callback([options] { Run(*options); });
}

}  // namespace flatmanifest::cli
