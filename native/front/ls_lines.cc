#include "front/ls_lines.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "convert/text_buffer.h"
#include "front/cache_fields.h"
#include "front/not_served.h"
#include "front/state_artifacts.h"
#include "listing/artifact_lines.h"
#include "listing/list_output.h"
#include "select/resource_types.h"
#include "select/selection.h"

namespace flatmanifest::front {

namespace {

using Lines = std::vector<std::string>;

// Gives options that the command line leaves out the transcript's values.
void Complete(const Transcript& transcript, ListOptions& options) {
  const auto complete = [&](const auto& option) {
    auto& given = options.*option.value;
    if (!given) given = transcript.defaults.*option.value;
  };
  std::for_each(std::begin(kMultiOptions), std::end(kMultiOptions), complete);
  std::for_each(std::begin(kSingleOptions), std::end(kSingleOptions), complete);
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

bool IsAllowed(const ListOptions& options) {
  constexpr std::string_view kOutputs[] = {"json", "name", "path", "selector"};
  if (!IsOneOf(options.output, kOutputs)) return false;
  if (!AreTypes(options.resource_types) || !AreTypes(options.exclude_resource_types)) return false;
  if (HasValues(options.output_keys) && *options.output != "json") return false;
  if (Contradiction(options)) return false;
  return !options.selector || !SaysWhat(options);
}

std::optional<Lines> JsonLinesOf(const Document& document, const std::vector<Row>& rows,
                                 const Lines& keys, const Transcript& transcript) {
  // After the command, and known to show the entry.
  const Output* artifact = FindOutput(transcript, "manifest.json");
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
  BulkText text;
  std::vector<size_t> ends;
  ends.reserve(rows.size());
  WriteList(document, rows, format, {}, text, &ends);
  Lines lines;
  lines.reserve(rows.size());
  size_t begin = 0;
  for (const size_t end : ends) {
    lines.emplace_back(text.text().substr(begin, end - begin - 1));
    begin = end;
  }
  return lines;
}

// Whether the transcript has the texts of all warnings.
bool CanWarn(const Selection& selection, const Transcript& transcript) {
  const size_t known = selection.unmatched.size() + (selection.rows.empty() ? 1 : 0);
  return selection.warnings.size() == known && (known == 0 || transcript.warns);
}

// The events of a selection; nothing if its JSON is not in manifest.json.
std::optional<Listing> ListingOf(const Document& document, Selection selection,
                                 const ListOptions& options, const Transcript& transcript) {
  Listing listing;
  listing.uses_default_selector =
      !options.selector && !SaysWhat(options) && transcript.has_default_selector;
  listing.unmatched = std::move(selection.unmatched);
  listing.is_nothing = selection.rows.empty();
  if (*options.output != "json") {
    listing.lines = LinesOf(document, selection.rows, *options.output);
    return listing;
  }
  auto lines =
      JsonLinesOf(document, selection.rows, options.output_keys.value_or(Lines()), transcript);
  if (!lines) return std::nullopt;
  listing.lines = std::move(*lines);
  return listing;
}

}  // namespace

std::optional<ListOptions> OptionsOf(const CommandLine& line, const Transcript& transcript) {
  ListOptions options = line.list;
  Complete(transcript, options);
  if (!IsOneOf(options.indirect_selection, kIndirectSelectionNames)) return std::nullopt;
  if (line.lists() && !IsAllowed(options)) return std::nullopt;
  return options;
}

std::optional<Listing> ListLines(const ListOptions& options, const Transcript& transcript,
                                 const Places& places) {
  auto file = OpenChecked(transcript.entry);
  if (file->document().header().generation != transcript.generation) {
    throw Stale("dbt has parsed again");
  }
  SelectionRequest request = RequestOf(options);
  request.selectors = &transcript.file->document();
  request.project_directory = places.project_directory;
  std::optional<StateArtifacts> state;
  if (transcript.state) {
    state = OpenStateArtifacts(transcript, options);
    if (!state) return std::nullopt;
    if (state->current) file = state->current;
    request.state = state->earlier.state();
    request.state.compare_more_unrendered_values = transcript.state->compare_more_unrendered_values;
    // The transcript has dbt's warning about a state directory that is the target directory.
    request.state.directory_of_target.clear();
  }
  const Document& document = file->document();
  Selection selection = Selector(document).Select(request);
  if (!CanWarn(selection, transcript)) return std::nullopt;
  return ListingOf(document, std::move(selection), options, transcript);
}

}  // namespace flatmanifest::front
