#include <string>

#include "diff/diff_output.h"

namespace flatmanifest {

namespace {

class DiffText {
 public:
  DiffText(const ManifestDiff& diff, TextBuffer& out) : diff_(diff), out_(out) {}

  void Write() {
    Line(DiffSummary(diff_));
    WriteContracts();
    Heading("added", diff_.added.size());
    for (const Row row : diff_.added) WriteResource(*diff_.document, row, "");
    Heading("removed", diff_.removed.size());
    for (const RemovedResource& removed : diff_.removed) {
      WriteResource(*diff_.old_document, removed.row, removed.is_disabled ? "disabled" : "");
    }
    Heading("renamed", diff_.renamed.size());
    for (const RenamedResource& renamed : diff_.renamed) {
      Append("  ");
      Append(UniqueIdOf(*diff_.old_document, renamed.old_row));
      Append(" ->");
      WriteResource(*diff_.document, renamed.row, JoinedReasons(renamed.reasons), " ");
    }
    Heading("modified", diff_.modified.size());
    for (const ModifiedResource& modified : diff_.modified) {
      WriteResource(*diff_.document, modified.row, JoinedReasons(modified.reasons));
    }
    WriteMacros("macros added", diff_.added_macros);
    WriteMacros("macros removed", diff_.removed_macros);
    WriteMacros("macros modified", diff_.modified_macros);
    Heading("exposures hit", diff_.exposures.size());
    for (const Row row : diff_.exposures) {
      WriteResource(*diff_.document, row, ExposureFacts(*diff_.document, row));
    }
    Heading("downstream", diff_.downstream.size());
    for (const Row row : diff_.downstream) WriteResource(*diff_.document, row, "");
  }

 private:
  void Append(std::string_view text) { out_.Append(text); }
  void Line(std::string_view text) {
    Append(text);
    out_.Append('\n');
  }

  void Heading(std::string_view what, size_t count) {
    if (count == 0) return;
    Line("");
    Append(what);
    Append(" (");
    Append(std::to_string(count));
    Line("):");
  }

  void WriteResource(const Document& document, Row row, std::string_view facts,
                     std::string_view indent = "  ") {
    Append(indent);
    Append(UniqueIdOf(document, row));
    if (const std::string_view path = PathOf(document, row); !path.empty()) {
      Append(" (");
      Append(path);
      Append(")");
    }
    if (!facts.empty()) Append(": ");
    Line(facts);
  }

  void WriteContracts() {
    Heading("contracts that break", diff_.broken_contracts.size());
    for (const BrokenContract& broken : diff_.broken_contracts) {
      Append("  ");
      Append(broken.unique_id);
      Append(" (");
      Append(broken.original_file_path);
      Line(broken.is_versioned ? "), an error in dbt:" : "), a warning in dbt:");
      for (const BreakingChange& change : broken.changes) WriteIndented(change.Text());
    }
  }

  // dbt's text has lines of its own.
  void WriteIndented(std::string_view text) {
    while (!text.empty()) {
      const size_t end = text.find('\n');
      Append("    ");
      Line(text.substr(0, end));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
  }

  void WriteMacros(std::string_view what, const std::vector<std::string_view>& unique_ids) {
    Heading(what, unique_ids.size());
    for (const std::string_view unique_id : unique_ids) {
      Append("  ");
      Line(unique_id);
    }
  }

  const ManifestDiff& diff_;
  TextBuffer& out_;
};

}  // namespace

void WriteDiffText(const ManifestDiff& diff, TextBuffer& out) { DiffText(diff, out).Write(); }

}  // namespace flatmanifest
