#include <algorithm>
#include <string>

#include "diff/diff_output.h"

namespace flatmanifest {

namespace {

// A name or path as code in a table, whatever characters it has.
std::string Code(std::string_view text) {
  std::string code = "`";
  for (const char character : text) {
    if (character == '|') code += '\\';
    const bool ends_code = character == '`' || character == '\n' || character == '\r';
    code += ends_code ? '\'' : character;
  }
  return code + "`";
}

// Text in a table that must not become markup.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char character : text) {
    if (character == '\n' || character == '\r') {
      plain += ' ';
    } else if (character == '<') {
      plain += "&lt;";
    } else {
      if (std::string_view("\\`*_[]|~#@!&").find(character) != std::string_view::npos)
        plain += '\\';
      plain += character;
    }
  }
  return plain;
}

class DiffMarkdown {
 public:
  DiffMarkdown(const ManifestDiff& diff, TextBuffer& out) : diff_(diff), out_(out) {}

  void Write() {
    Line("### dbt: " + DiffSummary(diff_));
    WriteContracts();
    WriteTable("Added", "", diff_.added, [this](Row row) { return Resource(row, ""); });
    WriteTable("Removed", "", diff_.removed, [this](const RemovedResource& removed) {
      return ResourceOf(*diff_.old_document, removed.row) +
             (removed.is_disabled ? " disabled |" : " |");
    });
    WriteTable("Renamed", "was; changed", diff_.renamed, [this](const RenamedResource& renamed) {
      const std::string was = Code(UniqueIdOf(*diff_.old_document, renamed.old_row));
      const std::string reasons = JoinedReasons(renamed.reasons);
      return ResourceOf(*diff_.document, renamed.row) + " " + was +
             (reasons.empty() ? "" : "; " + reasons) + " |";
    });
    WriteTable("Modified", "changed", diff_.modified, [this](const ModifiedResource& modified) {
      return Resource(modified.row, JoinedReasons(modified.reasons));
    });
    WriteMacros();
    WriteTable("Exposures hit", "", diff_.exposures, [this](Row row) {
      return Resource(row, Plain(ExposureFacts(*diff_.document, row)));
    });
    if (diff_.downstream.empty()) return;
    Line("");
    Line("<details><summary>Downstream (" + std::to_string(diff_.downstream.size()) +
         ")</summary>");
    WriteRows("", diff_.downstream, [this](Row row) { return Resource(row, ""); });
    Line("");
    Line("</details>");
  }

 private:
  void Line(std::string_view text) {
    out_.Append(text);
    out_.Append('\n');
  }

  static std::string ResourceOf(const Document& document, Row row) {
    const std::string_view path = PathOf(document, row);
    return "| " + Code(UniqueIdOf(document, row)) + " | " + (path.empty() ? "" : Code(path)) + " |";
  }
  std::string Resource(Row row, const std::string& facts) const {
    return ResourceOf(*diff_.document, row) + " " + facts + " |";
  }

  template <typename List, typename Format>
  void WriteTable(const std::string& heading, std::string_view facts, const List& list,
                  Format format) {
    if (list.empty()) return;
    Line("");
    Line("**" + heading + " (" + std::to_string(list.size()) + ")**");
    WriteRows(facts, list, format);
  }

  template <typename List, typename Format>
  void WriteRows(std::string_view facts, const List& list, Format format) {
    Line("");
    Line("| resource | file | " + std::string(facts) + " |");
    Line("|---|---|---|");
    const size_t shown = std::min(list.size(), kMostInMarkdown);
    for (size_t i = 0; i < shown; ++i) Line(format(list[i]));
    if (shown < list.size()) {
      Line("| … and " + std::to_string(list.size() - shown) + " more | | |");
    }
  }

  void WriteContracts() {
    WriteTable("Contracts that break", "what breaks", diff_.broken_contracts,
               [](const BrokenContract& broken) {
                 std::string changes;
                 for (const BreakingChange& change : broken.changes) {
                   changes += changes.empty() ? "" : "<br>";
                   changes += Plain(change.Text());
                 }
                 return "| " + Code(broken.unique_id) + " | " + Code(broken.original_file_path) +
                        " | " + (broken.is_versioned ? "**error in dbt:** " : "") + changes + " |";
               });
  }

  void WriteMacros() {
    std::vector<std::string> rows;
    const auto add = [&rows](const std::vector<std::string_view>& ids, const char* what) {
      for (const std::string_view id : ids) rows.push_back("| " + Code(id) + " | | " + what + " |");
    };
    add(diff_.added_macros, "added");
    add(diff_.removed_macros, "removed");
    add(diff_.modified_macros, "modified");
    WriteTable("Macros changed", "", rows, [](const std::string& row) { return row; });
  }

  const ManifestDiff& diff_;
  TextBuffer& out_;
};

}  // namespace

void WriteDiffMarkdown(const ManifestDiff& diff, TextBuffer& out) {
  DiffMarkdown(diff, out).Write();
}

}  // namespace flatmanifest
