#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/output.h"
#include "convert/json_writer.h"
#include "store/manifest_file.h"
#include "store/publish.h"

namespace flatmanifest::cli {

void AddExport(CLI::App& app) {
  struct Options {
    std::string file;
    std::string output;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("export", "Write an .fman file's manifest as JSON again");
  command->add_option("FILE.fman", options->file, "The file")->required();
  command->add_option("-o,--output", options->output, "Where to write it (default: stdout)");
  command->callback([options] {
    const auto file = ManifestFile::Open(options->file);
    const Document& document = file->document();
    BulkText json;
    WriteJson(document, document.root(), json);
    Write(options->output, json.text());
  });
}

}  // namespace flatmanifest::cli
