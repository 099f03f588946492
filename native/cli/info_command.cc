#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "convert/convert.h"

namespace flatmanifest::cli {

namespace {

using Json = nlohmann::ordered_json;

// Part of the file: a group of columns.
struct Section {
  std::string name;
  size_t bytes;
  size_t entries;
};

template <typename... Columns>
size_t Bytes(const Columns&... columns) {
  return (columns.size_bytes() + ...);
}

std::vector<Section> Sections(const Document& document) {
  const ResourceColumns& rows = document.resources();
  const size_t resources = Bytes(
      rows.collection, rows.unique_id, rows.resource_type, rows.package_name, rows.name, rows.path,
      rows.original_file_path, rows.patch_path, rows.source_name, rows.materialized, rows.access,
      rows.group, rows.value, rows.fqn, rows.tags, rows.config, rows.version);
  const CsrColumns& children = document.children();
  const CsrColumns& parents = document.parents();
  return {{"strings", Bytes(document.string_offsets(), document.string_data()),
           document.string_offsets().size() - 1},
          {"shapes", Bytes(document.shape_offsets(), document.shape_keys(), document.shape_order()),
           document.shape_offsets().size() - 1},
          {"cells", Bytes(document.cells()), document.cells().size()},
          {"wide", Bytes(document.wide()), document.wide().size()},
          {"resources", resources, document.row_count()},
          {"graph", Bytes(children.indptr, children.indices, parents.indptr, parents.indices),
           children.indices.size()}};
}

std::map<std::string, size_t> CountByType(const Document& document) {
  std::map<std::string, size_t> counts;
  for (const StringId type : document.resources().resource_type) {
    ++counts[std::string(document.String(type))];
  }
  return counts;
}

// A string of the manifest's metadata, empty if it has none of that name.
std::string Metadata(const Document& document, std::string_view key) {
  const auto metadata = document.Find(document.root(), "metadata");
  const auto value = metadata ? document.Find(*metadata, key) : std::nullopt;
  if (!value || !value->is(CellKind::kString)) return "";
  return std::string(document.String(value->index()));
}

Json ToJson(const std::string& path, const Document& document) {
  const Header& header = document.header();
  Json sections;
  for (const Section& section : Sections(document)) {
    sections[section.name] = {{"bytes", section.bytes}, {"entries", section.entries}};
  }
  Json metadata;
  for (const char* key : {"dbt_schema_version", "dbt_version", "adapter_type", "project_name",
                          "generated_at", "invocation_id"}) {
    const std::string value = Metadata(document, key);
    metadata[key] = value.empty() ? Json(nullptr) : Json(value);
  }
  return {{"file", path},
          {"kind", header.kind == DocumentKind::kArtifact ? "artifact" : "internal"},
          {"producer", document.producer()},
          {"format_version", header.format_version},
          {"generation", header.generation},
          {"bytes", header.length},
          {"values", header.value_count},
          {"json_bytes", document.source() ? Json(document.source()->size) : Json(nullptr)},
          {"metadata", metadata},
          {"resources", CountByType(document)},
          {"graph",
           {{"nodes", document.resources().graph_count},
            {"edges", document.children().indices.size()}}},
          {"sections", sections}};
}

std::string Line(const std::string& label, const std::string& text) {
  return "  " + label + std::string(12 - label.size(), ' ') + text + "\n";
}

std::string RightAligned(const std::string& text, size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string ForPeople(const std::string& path, const Document& document) {
  const Header& header = document.header();
  std::string text = path + "\n";
  text += Line("manifest", Metadata(document, "dbt_schema_version"));
  text += Line("dbt", Metadata(document, "dbt_version") + ", adapter " +
                          Metadata(document, "adapter_type") + ", generated " +
                          Metadata(document, "generated_at"));
  text += Line("written by", std::string(document.producer()) + ", format " +
                                 std::to_string(header.format_version) + ", generation " +
                                 std::to_string(header.generation));
  std::string size = Grouped(header.length) + " bytes";
  if (document.source()) size += ", from " + Grouped(document.source()->size);
  text += Line("size", size);
  text += Line("values",
               Grouped(header.value_count) + " in " + Grouped(document.cells().size()) + " cells");
  text += Line("graph", Grouped(document.resources().graph_count) + " nodes, " +
                            Grouped(document.children().indices.size()) + " edges");
  text += "\n  resources\n";
  for (const auto& [type, count] : CountByType(document)) {
    text += "    " + type + std::string(type.size() < 16 ? 16 - type.size() : 1, ' ') +
            RightAligned(Grouped(count), 12) + "\n";
  }
  text += "\n  section" + RightAligned("entries", 21) + RightAligned("bytes", 14) + "\n";
  for (const Section& section : Sections(document)) {
    text += "    " + section.name + std::string(16 - section.name.size(), ' ') +
            RightAligned(Grouped(section.entries), 10) + RightAligned(Grouped(section.bytes), 14) +
            RightAligned(std::to_string(section.bytes * 100 / header.length) + "%", 6) + "\n";
  }
  return text;
}

}  // namespace

void AddInfo(CLI::App& app) {
  struct Options {
    std::string file;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("info", "Versions, counts, and sizes by section");
  command->add_option("FILE", options->file, "An .fman file, or a manifest's JSON")->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->callback([options] {
    const auto file = OpenManifest(options->file);
    const Document& document = file->document();
    Print(options->json ? ToJson(options->file, document).dump() + "\n"
                        : ForPeople(options->file, document));
  });
}

}  // namespace flatmanifest::cli
