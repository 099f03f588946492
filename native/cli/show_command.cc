#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/value_text.h"
#include "convert/convert.h"
#include "convert/json_writer.h"
#include "format/field_path.h"

namespace flatmanifest::cli {

namespace {

constexpr size_t kListedCandidates = 10;

struct ShowOptions {
  std::string file;
  std::string resource;
  std::string field;
  bool json = false;
};

// Models, tests and other entries of `nodes` come first, then other nodes of the graph, then the
// rest: a metric or a macro often has the name of a model.
int Precedence(uint8_t collection) {
  if (collection == static_cast<uint8_t>(Collection::kNodes)) return 0;
  return collection < static_cast<uint8_t>(Collection::kMacros) ? 1 : 2;
}

// The rows of the best precedence that have this name.
std::vector<Row> RowsNamed(const Document& document, std::string_view name) {
  const ResourceColumns& columns = document.resources();
  std::vector<Row> rows;
  for (Row row = 0; row < document.row_count(); ++row) {
    if (columns.name[row] == kNoString || document.String(columns.name[row]) != name) continue;
    const int precedence = Precedence(columns.collection[row]);
    const int best = rows.empty() ? precedence : Precedence(columns.collection[rows.front()]);
    if (precedence < best) rows.clear();
    if (precedence <= best) rows.push_back(row);
  }
  return rows;
}

// A unique_id, or the name of one resource.
Row FindResource(const Document& document, const ShowOptions& options) {
  const Row row = document.FindRow(options.resource);
  if (row != kNoRow) return row;
  const std::vector<Row> named = RowsNamed(document, options.resource);
  if (named.size() == 1) return named.front();
  if (named.empty()) {
    throw CommandError(options.file + ": no resource has the unique_id or name '" +
                       options.resource + "'");
  }
  std::string message = options.file + ": " + std::to_string(named.size()) +
                        " resources are named '" + options.resource + "', use a unique_id:";
  for (size_t i = 0; i < named.size() && i < kListedCandidates; ++i) {
    message.append("\n  ").append(document.String(document.resources().unique_id[named[i]]));
  }
  if (named.size() > kListedCandidates) message += "\n  ...";
  throw CommandError(message);
}

void Run(const ShowOptions& options) {
  const auto file = OpenManifest(options.file);
  const Document& document = file->document();
  Cell value = document.resources().value[FindResource(document, options)];
  if (!options.field.empty()) {
    const auto found = FindPath(document, value, options.field);
    if (!found) {
      throw CommandError(options.resource + ": there is no field '" + options.field + "'");
    }
    value = *found;
  }
  if (options.json) {
    BulkText json;
    WriteJson(document, value, json);
    json.Append('\n');
    Print(json.text());
  } else {
    Print(ValueText(document, value) + "\n");
  }
}

}  // namespace

void AddShow(CLI::App& app) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand("show", "Show one resource, or a field of it");
  command->add_option("FILE", options->file, "An .fman file, or a manifest's JSON")->required();
  command->add_option("ID|NAME", options->resource, "Its unique_id, or its name if that is unique")
      ->required();
  command->add_option("--field", options->field, "Only this field, e.g. config.materialized");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options] { Run(*options); });
}

}  // namespace flatmanifest::cli
