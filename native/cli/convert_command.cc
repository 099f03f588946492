#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress_bar.h"
#include "convert/convert.h"
#include "store/manifest_file.h"

namespace flatmanifest::cli {

namespace {

constexpr const char* kStandardStream = "-";

struct ConvertOptions {
  std::string input;
  std::string output;
  bool quiet = false;
};

void PrintSummary(const std::string& output, uint64_t generation, double seconds) {
  const auto file = ManifestFile::Open(output);
  const Document& document = file->document();
  char time[32];
  std::snprintf(time, sizeof(time), "%.2f s", seconds);
  Print(output + ": " + Megabytes(document.bytes().size()) + ", " + Grouped(document.row_count()) +
        " resources, generation " + std::to_string(generation) + ", " + time + "\n");
}

void Run(const ConvertOptions& options) {
  std::string output = options.output;
  if (output.empty()) {
    output = options.input == kStandardStream ? kStandardStream : DefaultOutput(options.input);
  }
  ProgressBar bar("converting " + options.input);
  const Progress progress = [&bar](size_t done, size_t total) { bar.Show(done, total); };

  if (output == kStandardStream) {
    if (::isatty(STDOUT_FILENO) == 1) {
      throw CLI::ValidationError("-o", "a terminal cannot take an .fman file; name an output file");
    }
    Print(ConvertInput(options.input, /*generation=*/1, progress).bytes());
    return;
  }
  const auto start = std::chrono::steady_clock::now();
  const Published published = ConvertFile(options.input, output, progress);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  // The file is in place, so no later failure fails the command.
  WarnUnlessDurable(published.durability);
  std::error_code unknown;
  if (options.quiet || !std::filesystem::is_regular_file(output, unknown)) return;
  std::signal(SIGPIPE, SIG_IGN);  // nor does a reader that is gone make it fail
  try {
    PrintSummary(output, published.generation, elapsed.count());
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "flatmanifest: %s was written, but %s\n", output.c_str(), failure.what());
  }
}

}  // namespace

void AddConvert(CLI::App& app) {
  auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = app.add_subcommand("convert", "Convert a manifest's JSON into an .fman file");
  command->add_option("MANIFEST.json", options->input, "The manifest, gzipped or not; - for stdin")
      ->required();
  command->add_option("-o,--output", options->output,
                      "Where to write it (default: beside the input, .fman; - for stdout)");
  command->add_flag("-q,--quiet", options->quiet, "Print nothing on success");
  command->callback([options] { Run(*options); });
}

}  // namespace flatmanifest::cli
