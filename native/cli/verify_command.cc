#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/commands.h"
#include "cli/output.h"
#include "format/verify.h"
#include "store/manifest_file.h"

namespace flatmanifest::cli {

namespace {

// With --json, the verdict is printed for damaged files too. The exit status is the same in both
// forms.
void VerifyAsJson(const std::string& path) {
  nlohmann::ordered_json verdict = {{"file", path}, {"intact", true}, {"error", nullptr}};
  try {
    const auto file = ManifestFile::Open(path);
    Verify(file->document());
  } catch (const FormatError& damage) {
    verdict["intact"] = false;
    verdict["error"] = damage.what();
    Print(verdict.dump() + "\n");
    throw CLI::RuntimeError(1);
  }
  Print(verdict.dump() + "\n");
}

void VerifyForPeople(const std::string& path) {
  const auto file = ManifestFile::Open(path);
  const Document& document = file->document();
  Verify(document);
  Print(path + ": intact (" + Grouped(document.bytes().size()) + " bytes, " +
        Grouped(document.cells().size()) + " cells, " + Grouped(document.row_count()) +
        " resources, " + Grouped(document.children().indices.size()) + " edges)\n");
}

}  // namespace

void AddVerify(CLI::App& app) {
  struct Options {
    std::string file;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("verify", "Check all of an .fman file: structure, references, checksum");
  command->add_option("FILE", options->file, "The file")->required();
  command->add_flag("--json", options->json, "Print the verdict as JSON");
  command->callback(
      [options] { options->json ? VerifyAsJson(options->file) : VerifyForPeople(options->file); });
}

}  // namespace flatmanifest::cli
