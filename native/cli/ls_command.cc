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

// Drawings with more edges are laid out by forces.
constexpr uint64_t kMostLayeredEdges = 2'000;

// The options that take several values.
constexpr std::string_view kMultiOptions[] = {"-s",
                                              "--select",
                                              "-m",
                                              "--models",
                                              "--model",
                                              "--exclude",
                                              "--resource-type",
                                              "--resource-types",
                                              "--exclude-resource-type",
                                              "--exclude-resource-types",
                                              "--output-keys"};

struct LsOptions {
  std::string file;
  std::vector<std::string> select;
  std::vector<std::string> models;
  std::vector<std::string> exclude;
  std::string selector;
  std::vector<std::string> resource_types;
  std::vector<std::string> exclude_resource_types;
  std::string output = "selector";
  std::vector<std::string> output_keys;
  std::string output_file;
  std::string indirect_selection = "eager";
  std::string project_dir;
  std::string state;
  bool compare_more_unrendered_values = false;
  std::string target_path;
  std::string dbt_version;
  bool quiet = false;
};

// Environment variables hold several types as one value.
std::vector<std::string> SplitAtSpaces(const std::vector<std::string>& values) {
  std::vector<std::string> parts;
  for (const std::string& value : values) {
    ForEachPart(value, ' ', [&parts](std::string_view part) {
      if (!part.empty()) parts.emplace_back(part);
    });
  }
  return parts;
}

SelectionRequest RequestOf(const LsOptions& options) {
  if (!options.models.empty() && !options.select.empty()) {
    throw CommandError(R"("models" and "select" are mutually exclusive arguments)");
  }
  if (!options.models.empty() && !options.resource_types.empty()) {
    throw CommandError(R"("models" and "resource_type" are mutually exclusive arguments)");
  }
  SelectionRequest request;
  if (!options.select.empty()) request.select = options.select;
  if (!options.models.empty()) {
    request.select = options.models;
    request.resource_types = {"model"};
  } else {
    request.resource_types = SplitAtSpaces(options.resource_types);
  }
  request.exclude = options.exclude;
  if (!options.selector.empty()) request.selector = options.selector;
  request.exclude_resource_types = SplitAtSpaces(options.exclude_resource_types);
  request.indirect_selection = ParseIndirectSelection(options.indirect_selection);
  if (!options.dbt_version.empty()) request.dbt_version = options.dbt_version;
  if (!options.project_dir.empty()) request.project_directory = options.project_dir;
  return request;
}

bool IsToFile(const LsOptions& options) {
  return !options.output_file.empty() && options.output_file != "-";
}

// As the terminal takes it. Files are UTF-8, like all that dbt writes.
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
  if (options.output == "selector")
    return WriteList(document, rows, ListFormat::kSelector, {}, out);
  if (options.output == "name") return WriteList(document, rows, ListFormat::kName, {}, out);
  if (options.output == "path") return WriteList(document, rows, ListFormat::kPath, {}, out);
  if (options.output == "json") {
    return WriteList(document, rows, ListFormat::kJson, options.output_keys, out);
  }
  const Lineage lineage = BuildLineage(Dependencies(document), rows);
  if (options.output == "tree") {
    return WriteTree(document, lineage, StyleOfOutput(IsToFile(options)), out);
  }
  if (options.output == "dot") return WriteDot(document, lineage, out);
  BulkText dot;
  WriteDot(document, lineage, dot);
  const bool is_large = lineage.edge_count > kMostLayeredEdges;
  out.Append(DotToSvg(dot.text(), is_large ? Layout::kForces : Layout::kLayers));
}

void Run(const LsOptions& options) {
  SelectionRequest request = RequestOf(options);
  const auto file = OpenManifest(options.file);
  const Document& document = file->document();
  std::optional<EarlierRun> earlier;
  if (!options.state.empty()) {
    earlier.emplace(options.state, options.target_path);
    request.state = earlier->state();
    request.state.compare_more_unrendered_values = options.compare_more_unrendered_values;
  }
  const Selection selection = Selector(document).Select(request);
  if (!options.quiet) {
    for (const std::string& warning : selection.warnings) {
      std::fprintf(stderr, "warning: %s\n", warning.c_str());
    }
  }
  BulkText out;
  WriteOutput(document, selection.rows, options, out);
  if (IsToFile(options)) {
    WarnUnlessDurable(Publish(options.output_file, std::as_bytes(std::span(out.text())),
                              Flush::kToDisk, Existing::kKeep));
  } else {
    // Who reads no further (`| head`) wants to hear no error, whatever our parent made of the
    // signal.
    std::signal(SIGPIPE, SIG_DFL);
    Print(out.text());
  }
}

// The environment variable of an option: dbt 1.11 prefers the longer name
// (dbt/cli/params.py, EngineEnvVar).
std::string Variable(const std::string& name) {
  const std::string engine = "DBT_ENGINE_" + name;
  const char* value = std::getenv(engine.c_str());
  return value != nullptr && *value != '\0' ? engine : "DBT_" + name;
}

// Takes the marks of MarkValues away. FILE has one where it follows such an option's values.
CLI::Validator AsTyped() {
  return CLI::Validator(
      [](std::string& argument) {
        argument = front::ValueOf(std::move(argument));
        return std::string();
      },
      "");
}

// An option with one value or more, up to the next option, as dbt's MultiOption takes them.
CLI::Option* AddValues(CLI::App& command, const std::string& names,
                       std::vector<std::string>& values, const std::string& description) {
  return command.add_option(names, values, description)
      ->expected(1, -1)
      ->take_all()
      ->transform(AsTyped());
}

// Words of these, in quoted lists too; all in lower case.
CLI::Validator WordsOf(std::vector<std::string> words) {
  std::string allowed;
  for (const std::string& word : words) allowed += (allowed.empty() ? "" : ", ") + word;
  return CLI::Validator(
      [words = std::move(words), allowed](std::string& values) {
        const std::vector<std::string> typed = SplitAtSpaces({values});
        const auto wrong = std::find_if(typed.begin(), typed.end(), [&](const std::string& value) {
          return std::find(words.begin(), words.end(), value) == words.end();
        });
        return wrong == typed.end() ? "" : "'" + *wrong + "' is not one of " + allowed;
      },
      "TYPE");
}

std::vector<std::string> TypeNames(bool with_all) {
  std::vector<std::string> names(std::begin(kListedTypes), std::end(kListedTypes));
  names.insert(names.end(), {"analysis", "default"});
  if (with_all) names.emplace_back("all");
  return names;
}

void AddSelection(CLI::App& command, LsOptions& options) {
  AddValues(command, "-s,--select", options.select, "What to list, as dbt selects nodes");
  AddValues(command, "-m,--models,--model", options.models,
            "The same, for models only (dbt's older name)");
  AddValues(command, "--exclude", options.exclude, "What to leave out");
  command.add_option("--selector", options.selector, "A YAML selector of the project, by name");
  AddValues(command, "--resource-type,--resource-types", options.resource_types,
            R"(Only resources of these types; "all" are "default" and analyses)")
      ->check(WordsOf(TypeNames(true)))
      ->envname(Variable("RESOURCE_TYPES"));
  AddValues(command, "--exclude-resource-type,--exclude-resource-types",
            options.exclude_resource_types, "No resources of these types")
      ->check(WordsOf(TypeNames(false)))
      ->envname(Variable("EXCLUDE_RESOURCE_TYPES"));
  command
      .add_option("--indirect-selection", options.indirect_selection,
                  "Which tests to select with what they test")
      ->transform(CLI::IsMember({"eager", "cautious", "buildable", "empty"}, CLI::ignore_case))
      ->envname(Variable("INDIRECT_SELECTION"))
      ->capture_default_str();
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
  return front::MarkValues(arguments, kMultiOptions);
}

void AddLs(CLI::App& app) {
  auto options = std::make_shared<LsOptions>();
  CLI::App* command = app.add_subcommand(kName, "List resources by dbt's node selection");
  command->alias(kAlias);
  command->add_option("FILE", options->file, "An .fman file, or a manifest's JSON")
      ->required()
      ->transform(AsTyped());
  AddSelection(*command, *options);
  command->add_option("--output", options->output, "selector, name, path, json, tree, dot or svg")
      ->transform(CLI::IsMember({"selector", "name", "path", "json", "tree", "dot", "svg"},
                                CLI::ignore_case))
      ->capture_default_str();
  AddValues(*command, "--output-keys", options->output_keys,
            "The fields of JSON output, e.g. name config.materialized");
  command->add_option("-o,--output-file", options->output_file,
                      "Where to write it (default: stdout)");
  command->add_flag("-q,--quiet,!--no-quiet", options->quiet, "No warnings")
      ->envname(Variable("QUIET"));
  command->callback([options] { Run(*options); });
}

}  // namespace flatmanifest::cli
