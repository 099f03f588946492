#include <csignal>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "cli/commands.h"
#include "cli/output.h"
#include "diff/compared_files.h"
#include "diff/diff_output.h"
#include "diff/manifest_diff.h"
#include "store/publish.h"

namespace flatmanifest::cli {

namespace {

struct DiffCommandOptions {
  std::string old_path;
  std::string path;
  std::string output{kDiffFormatNames[0]};
  std::string output_file;
  DiffOptions compared;
  bool quiet = false;
};

void RunDiff(const DiffCommandOptions& options) {
  const auto old_file = OpenCompared(options.old_path);
  const auto file = OpenCompared(options.path);
  RequireTwoManifests(*old_file, options.old_path, *file, options.path);
  const ManifestDiff diff = DiffManifests(old_file->document(), file->document(), options.compared);
  if (!options.quiet) PrintWarnings(diff.warnings);
  BulkText out;
  WriteDiff(diff, ParseDiffFormat(options.output), out);
  // A reader may close the pipe early (`| head`), as with ls.
  std::signal(SIGPIPE, SIG_DFL);
  Write(options.output_file, out.text());
}

}  // namespace

void AddDiff(CLI::App& app) {
  auto options = std::make_shared<DiffCommandOptions>();
  CLI::App* command = app.add_subcommand(
      "diff", "Say what changed between two manifests, as dbt's state: methods see it");
  constexpr const char* kInput =
      "An .fman file, a manifest's JSON, or a directory with manifest.json or target/manifest.json";
  command->add_option("OLD", options->old_path, std::string("The earlier manifest: ") + kInput)
      ->required();
  command->add_option("NEW", options->path, "The current manifest, named likewise")->required();
  command->add_option("--output", options->output, "text, markdown or json")
      ->transform(CLI::IsMember(
          std::vector<std::string>(std::begin(kDiffFormatNames), std::end(kDiffFormatNames)),
          CLI::ignore_case))
      ->capture_default_str();
  command->add_option("-o,--output-file", options->output_file,
                      "Where to write it (default: stdout)");
  command->add_flag(
      "--state-modified-compare-more-unrendered-values,"
      "!--no-state-modified-compare-more-unrendered-values",
      options->compared.compare_more_unrendered_values,
      "As the flag of that name in dbt_project.yml: sources by their unrendered database and "
      "schema");
  command->add_flag("-q,--quiet,!--no-quiet", options->quiet, "No warnings");
  command->callback([options] { RunDiff(*options); });
}

}  // namespace flatmanifest::cli
