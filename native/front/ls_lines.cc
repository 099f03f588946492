#include "front/ls_lines.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "convert/text_buffer.h"
#include "front/cache_fields.h"
#include "listing/artifact_lines.h"
#include "listing/list_output.h"
#include "select/resource_types.h"
#include "select/selection.h"
#include "select/spec.h"

namespace flatmanifest::front {

namespace {

using Lines = std::vector<std::string>;

template <typename Value>
void Complete(std::optional<Value>& given, const std::optional<Value>& otherwise) {
  if (!given) given = otherwise;
}

bool AreTypes(const std::optional<std::vector<std::string>>& names) {
  constexpr std::string_view kMore[] = {"analysis", "default", "all"};
  return !names || std::all_of(names->begin(), names->end(), [&](const std::string& name) {
    return std::find(std::begin(kListedTypes), std::end(kListedTypes), name) !=
               std::end(kListedTypes) ||
           std::find(std::begin(kMore), std::end(kMore), name) != std::end(kMore);
  });
}

bool IsOneOf(const std::optional<std::string>& value, std::span<const std::string_view> words) {
  return value && std::find(words.begin(), words.end(), *value) != words.end();
}

bool HasAny(const std::optional<std::vector<std::string>>& values) {
  return values && !values->empty();
}

bool IsAllowed(const ListOptions& options, bool has_default_selector) {
  constexpr std::string_view kOutputs[] = {"json", "name", "path", "selector"};
  if (!IsOneOf(options.output, kOutputs)) return false;
  if (!AreTypes(options.resource_types) || !AreTypes(options.exclude_resource_types)) return false;
  if (HasAny(options.output_keys) && *options.output != "json") return false;
  if (HasAny(options.models) && (HasAny(options.select) || HasAny(options.resource_types))) {
    return false;
  }
  const bool says_what =
      HasAny(options.select) || HasAny(options.models) || HasAny(options.exclude);
  if (options.selector) return !says_what;
  return says_what || !has_default_selector;
}

SelectionRequest RequestOf(const ListOptions& options, const Transcript& transcript,
                           const Places& places) {
  SelectionRequest request;
  request.selectors = &transcript.file->document();
  if (HasAny(options.models)) {
    request.select = options.models;
    request.resource_types = {"model"};
  } else {
    if (HasAny(options.select)) request.select = options.select;
    request.resource_types = options.resource_types.value_or(Lines());
  }
  request.exclude = options.exclude.value_or(Lines());
  request.selector = options.selector;
  request.exclude_resource_types = options.exclude_resource_types.value_or(Lines());
  request.indirect_selection = ParseIndirectSelection(*options.indirect_selection);
  request.project_directory = places.project_directory;
  return request;
}

// The manifest.json that the command will leave, which is known to show the entry.
const Output* FindArtifact(const Transcript& transcript) {
  const auto found =
      std::find_if(transcript.outputs.begin(), transcript.outputs.end(), [](const Output& output) {
        return std::filesystem::path(output.path).filename() == "manifest.json";
      });
  return found == transcript.outputs.end() ? nullptr : &*found;
}

std::optional<Lines> JsonLinesOf(const Document& document, const std::vector<Row>& rows,
                                 const Lines& keys, const Transcript& transcript) {
  const Output* artifact = FindArtifact(transcript);
  if (artifact == nullptr) return std::nullopt;
  Lines unique_ids;
  unique_ids.reserve(rows.size());
  for (const Row row : rows) {
    unique_ids.emplace_back(document.String(document.resources().unique_id[row]));
  }
  return ArtifactLines(artifact->path, unique_ids, keys);
}

Lines LinesOf(const Document& document, const std::vector<Row>& rows, std::string_view output) {
  const ListFormat format = output == "name"   ? ListFormat::kName
                            : output == "path" ? ListFormat::kPath
                                               : ListFormat::kSelector;
  Lines lines;
  lines.reserve(rows.size());
  for (const Row row : rows) {
    BulkText text;
    WriteList(document, {&row, 1}, format, {}, text);
    lines.emplace_back(text.text().substr(0, text.size() - 1));
  }
  return lines;
}

}  // namespace

std::optional<ListOptions> OptionsOf(const CommandLine& line, const Transcript& transcript) {
  ListOptions options = line.list;
  const ListOptions& defaults = transcript.defaults;
  Complete(options.select, defaults.select);
  Complete(options.models, defaults.models);
  Complete(options.exclude, defaults.exclude);
  Complete(options.resource_types, defaults.resource_types);
  Complete(options.exclude_resource_types, defaults.exclude_resource_types);
  Complete(options.output_keys, defaults.output_keys);
  Complete(options.selector, defaults.selector);
  Complete(options.output, defaults.output);
  Complete(options.indirect_selection, defaults.indirect_selection);
  constexpr std::string_view kIndirect[] = {"eager", "cautious", "buildable", "empty"};
  if (!IsOneOf(options.indirect_selection, kIndirect)) return std::nullopt;
  if (line.lists() && !IsAllowed(options, transcript.has_default_selector)) return std::nullopt;
  return options;
}

std::optional<Lines> ListLines(const ListOptions& options, const Transcript& transcript,
                               const Places& places) {
  const auto file = OpenChecked(transcript.entry);
  const Document& document = file->document();
  if (document.header().generation != transcript.generation) return std::nullopt;
  Selection selection;
  try {
    selection = Selector(document).Select(RequestOf(options, transcript, places));
  } catch (const SelectionError&) {
    return std::nullopt;
  }
  if (!selection.warnings.empty() || selection.rows.empty()) return std::nullopt;
  if (*options.output == "json") {
    return JsonLinesOf(document, selection.rows, options.output_keys.value_or(Lines()), transcript);
  }
  return LinesOf(document, selection.rows, *options.output);
}

}  // namespace flatmanifest::front
