#include "front/completion.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>

#include "format/error.h"
#include "front/cache_fields.h"
#include "front/list_options.h"
#include "front/places.h"
#include "listing/list_output.h"
#include "select/python_repr.h"
#include "select/resource_types.h"
#include "select/row_fields.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

namespace fs = std::filesystem;

using Words = std::vector<std::string>;
using Found = std::set<std::string>;
using Texts = std::span<const std::string_view>;

constexpr std::string_view kCommands[] = {"cache",   "completion", "convert", "dbt",
                                          "diff",    "export",     "info",    "ls",
                                          "profile", "seams",      "show",    "verify"};
constexpr std::string_view kDbtCommands[] = {
    "build", "clean", "clone", "compile",       "debug", "deps", "docs",   "init",     "list", "ls",
    "parse", "retry", "run",   "run-operation", "seed",  "show", "source", "snapshot", "test"};
constexpr std::string_view kOptions[] = {"--exclude",
                                         "--exclude-resource-type",
                                         "--indirect-selection",
                                         "--output",
                                         "--output-keys",
                                         "--profile",
                                         "--profiles-dir",
                                         "--project-dir",
                                         "--quiet",
                                         "--resource-type",
                                         "--select",
                                         "--selector",
                                         "--target",
                                         "--target-path",
                                         "--vars",
                                         "--help"};
constexpr std::string_view kOutputs[] = {"json", "name", "path", "selector"};
constexpr std::string_view kDiffOptions[] = {"--help", "--output", "--output-file", "--quiet",
                                             "--state-modified-compare-more-unrendered-values"};
constexpr std::string_view kDiffOutputs[] = {"json", "markdown", "text"};
// The methods whose values are completed (docs/selection.md).
constexpr std::string_view kMethods[] = {"access:",        "config.materialized:",
                                         "exposure:",      "fqn:",
                                         "group:",         "metric:",
                                         "package:",       "path:",
                                         "resource_type:", "saved_query:",
                                         "source:",        "semantic_model:",
                                         "tag:",           "unit_test:",
                                         "selector:"};

template <typename List>
bool Contains(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// Splits at spaces outside quotes, and removes the quotes. The last word may be empty.
Words Split(const std::string& line) {
  Words words(1);
  char quote = '\0';
  for (const char character : line) {
    if (quote != '\0') {
      if (character == quote) {
        quote = '\0';
      } else {
        words.back() += character;
      }
    } else if (character == '"' || character == '\'') {
      quote = character;
    } else if (character != ' ' && character != '\t') {
      words.back() += character;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  return words;
}

void AddMatching(Texts candidates, std::string_view beginning, const std::string& before,
                 Found& found) {
  for (const std::string_view candidate : candidates) {
    if (candidate.starts_with(beginning)) found.insert(before + std::string(candidate));
  }
}

// The entry of a cache directory that was used last.
std::shared_ptr<const ManifestFile> LatestEntry(const std::string& directory) {
  constexpr size_t kKeyAndSuffix = 24 + 5;
  fs::path latest;
  fs::file_time_type time{};
  std::error_code error;
  for (const fs::directory_entry& each : fs::directory_iterator(directory, error)) {
    const std::string name = each.path().filename().string();
    if (name.size() != kKeyAndSuffix || !name.ends_with(".fman")) continue;
    const auto modified = each.last_write_time(error);
    if (latest.empty() || modified > time) {
      latest = each.path();
      time = modified;
    }
  }
  if (latest.empty()) return nullptr;
  RequireTrustedFile(latest.string());
  return ManifestFile::Open(latest.string());
}

class Names {
 public:
  Names(const Document& document, std::string before, std::string_view beginning, Found& found)
      : document_(document), before_(std::move(before)), beginning_(beginning), found_(found) {}

  // A word of a selection, without operators.
  void AddSelection() {
    const size_t colon = beginning_.find(':');
    if (colon == std::string_view::npos) {
      ForEachRow([this](Row row) { Add(SearchName(document_, row)); });
      AddMatching(kMethods, beginning_, before_, found_);
      return;
    }
    const std::string method(beginning_.substr(0, colon + 1));
    before_ += method;
    beginning_.remove_prefix(method.size());
    AddValues(method);
  }

  void AddSelectors() {
    const auto selectors = document_.Find(document_.root(), "selectors");
    if (!selectors || !selectors->is(CellKind::kObject)) return;
    for (const StringId key : document_.Keys(*selectors)) Add(document_.String(key));
  }

 private:
  template <typename Visit>
  void ForEachRow(const Visit& visit) {
    for (Row row = 0; row < document_.resources().graph_count; ++row) visit(row);
  }

  void AddColumn(std::span<const StringId> column) {
    ForEachRow([&](Row row) { Add(ColumnText(document_, column[row])); });
  }

  void AddValues(std::string_view method) {
    const ResourceColumns& rows = document_.resources();
    if (method == "tag:") return AddTags();
    if (method == "path:") return AddPaths();
    if (method == "source:") return AddSources();
    if (method == "selector:") return AddSelectors();
    if (method == "package:") return AddColumn(rows.package_name);
    if (method == "group:") return AddColumn(rows.group);
    if (method == "access:") return AddColumn(rows.access);
    if (method == "config.materialized:") return AddColumn(rows.materialized);
    if (method == "resource_type:") return AddColumn(rows.resource_type);
    const std::string_view type = method.substr(0, method.size() - 1);
    ForEachRow([&](Row row) {
      const bool is_of_type = ColumnText(document_, rows.resource_type[row]) == type;
      if (is_of_type || type == "fqn") Add(ColumnText(document_, rows.name[row]));
    });
  }

  void AddTags() {
    ForEachRow([this](Row row) {
      const Cell tags = document_.resources().tags[row];
      if (!tags.is(CellKind::kArray)) return;
      for (const Cell tag : document_.Elements(tags)) Add(Str(document_, tag));
    });
  }

  // Files, and the directories that they are in.
  void AddPaths() {
    ForEachRow([this](Row row) {
      const std::string_view path =
          ColumnText(document_, document_.resources().original_file_path[row]);
      for (size_t end = path.find('/'); end != std::string_view::npos;
           end = path.find('/', end + 1)) {
        Add(path.substr(0, end));
      }
      Add(path);
    });
  }

  void AddSources() {
    const ResourceColumns& rows = document_.resources();
    ForEachRow([&](Row row) {
      const std::string_view source = ColumnText(document_, rows.source_name[row]);
      if (source.empty()) return;
      Add(source);
      Add(std::string(source) + "." + std::string(ColumnText(document_, rows.name[row])));
    });
  }

  void Add(std::string_view value) {
    if (!value.empty() && value.starts_with(beginning_))
      found_.insert(before_ + std::string(value));
  }

  const Document& document_;
  std::string before_;
  std::string_view beginning_;
  Found& found_;
};

// The length of the operators and parts before the last part of a selection: "tag:a,2+".
size_t OperatorLength(const std::string& word) {
  const size_t comma = word.rfind(',');
  size_t end = comma == std::string::npos ? 0 : comma + 1;
  size_t digits = end;
  while (digits < word.size() && std::isdigit(static_cast<unsigned char>(word[digits])) != 0) {
    ++digits;
  }
  if (digits < word.size() && word[digits] == '+') return digits + 1;
  if (end < word.size() && word[end] == '@') ++end;
  return end;
}

void CompleteFromManifest(const Document& document, const std::string& word,
                          const std::string& option, Found& found) {
  if (option == "--selector") return Names(document, "", word, found).AddSelectors();
  const size_t length = OperatorLength(word);
  Names(document, word.substr(0, length), std::string_view(word).substr(length), found)
      .AddSelection();
}

// The option that the last word belongs to, as far as can be told: the last option before it.
std::string OptionBefore(const Words& words) {
  for (size_t i = words.size() - 1; i-- > 1;) {
    if (words[i].starts_with('-')) return words[i];
  }
  return "";
}

std::shared_ptr<const ManifestFile> ManifestFor(const Words& words) {
  if (words[1] == "ls") {
    const auto file = std::find_if(words.begin() + 2, words.end(),
                                   [](const std::string& word) { return word.ends_with(".fman"); });
    return file == words.end() ? nullptr : ManifestFile::Open(*file);
  }
  CommandLine line;
  for (size_t i = 2; i + 1 < words.size(); ++i) {
    if (words[i] == "--project-dir" || words[i] == "--target-path") {
      line.settings[words[i]] = words[i + 1];
    }
  }
  const auto places = FindPlaces(line);
  return places ? LatestEntry(places->cache_directory) : nullptr;
}

void CompleteArguments(const Words& words, Found& found) {
  const std::string& word = words.back();
  if (word.starts_with('-')) return AddMatching(kOptions, word, "", found);
  const std::string option = OptionBefore(words);
  if (HasFlag(kResourceTypes, option) || HasFlag(kExcludeResourceTypes, option)) {
    return AddMatching(kListedTypes, word, "", found);
  }
  if (option == "--output") return AddMatching(kOutputs, word, "", found);
  if (option == "--indirect-selection")
    return AddMatching(kIndirectSelectionNames, word, "", found);
  const bool selects =
      HasFlag(kSelect, option) || HasFlag(kModels, option) || HasFlag(kExclude, option);
  if (!selects && option != "--selector") return;
  if (const auto file = ManifestFor(words)) {
    CompleteFromManifest(file->document(), word, option, found);
  }
}

// Files, too, if none of these: the shell completes them.
void CompleteDiff(const Words& words, Found& found) {
  const std::string& word = words.back();
  if (word.starts_with('-')) return AddMatching(kDiffOptions, word, "", found);
  if (words[words.size() - 2] == "--output") AddMatching(kDiffOutputs, word, "", found);
}

bool HasDbtCommand(const Words& words) {
  return std::any_of(words.begin() + 2, words.end() - 1,
                     [](const std::string& word) { return Contains(kDbtCommands, word); });
}

}  // namespace

std::vector<std::string> Complete(const std::string& line) {
  Words words = Split(line);
  if (words.size() > 1 && words[0] == "fdbt") {
    words[0] = "dbt";
    words.insert(words.begin(), "flatmanifest");
  }
  Found found;
  try {
    if (words.size() == 2) {
      AddMatching(kCommands, words.back(), "", found);
    } else if (words.size() > 2 && words[1] == "dbt" && !HasDbtCommand(words) &&
               !words.back().starts_with('-')) {
      AddMatching(kDbtCommands, words.back(), "", found);
    } else if (words.size() > 2 && (words[1] == "dbt" || words[1] == "ls")) {
      CompleteArguments(words, found);
    } else if (words.size() > 2 && words[1] == "diff") {
      CompleteDiff(words, found);
    }
  } catch (const Error&) {
    found.clear();
  }
  return {found.begin(), found.end()};
}

std::string_view CompletionScript(std::string_view shell) {
  if (shell == "bash") {
    return R"(_flatmanifest() {
    local line="${COMP_LINE:0:COMP_POINT}"
    local word="${line##*[[:space:]]}"
    # bash takes ':' and '=' for ends of words.
    local done="${word%"${word##*[:=]}"}"
    local IFS=$'\n'
    COMPREPLY=($(flatmanifest completion --line "$line" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$done"}")
}
complete -o default -F _flatmanifest flatmanifest fdbt
)";
  }
  if (shell == "zsh") {
    return R"(_flatmanifest() {
    local -a found
    found=("${(@f)$(flatmanifest completion --line "$LBUFFER" 2>/dev/null)}")
    if [[ -n "$found[1]" ]]; then compadd -Q -- "${found[@]}"; else _files; fi
}
compdef _flatmanifest flatmanifest fdbt
)";
  }
  if (shell == "fish") {
    // The shell completes files if the program knows nothing.
    return R"(function __flatmanifest_find
    set -g __flatmanifest_found (flatmanifest completion --line (commandline -cp | string collect) 2>/dev/null)
    set -q __flatmanifest_found[1]
end
complete -c flatmanifest -n __flatmanifest_find -f -a '$__flatmanifest_found'
complete -c fdbt -n __flatmanifest_find -f -a '$__flatmanifest_found'
)";
  }
  return "";
}

}  // namespace flatmanifest::front
