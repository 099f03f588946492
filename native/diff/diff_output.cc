#include "diff/diff_output.h"

#include <iterator>

#include "select/row_fields.h"
#include "select/state/manifest_comparison.h"

namespace flatmanifest {

namespace {

void AppendCount(std::string& text, size_t count, const char* one, const char* many) {
  if (count == 0) return;
  if (!text.empty()) text += ", ";
  text += std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

DiffFormat ParseDiffFormat(std::string_view name) {
  for (size_t i = 0; i < std::size(kDiffFormatNames); ++i) {
    if (kDiffFormatNames[i] == name) return static_cast<DiffFormat>(i);
  }
  throw DiffError("output is text, markdown or json, not " + std::string(name));
}

void WriteDiff(const ManifestDiff& diff, DiffFormat format, TextBuffer& out) {
  switch (format) {
    case DiffFormat::kText:
      return WriteDiffText(diff, out);
    case DiffFormat::kMarkdown:
      return WriteDiffMarkdown(diff, out);
    case DiffFormat::kJson:
      return WriteDiffJson(diff, out);
  }
}

std::string DiffSummary(const ManifestDiff& diff) {
  if (diff.IsEmpty()) return "no differences";
  std::string text;
  AppendCount(text, diff.broken_contracts.size(), "contract breaks", "contracts break");
  AppendCount(text, diff.added.size(), "added", "added");
  AppendCount(text, diff.removed.size(), "removed", "removed");
  AppendCount(text, diff.renamed.size(), "renamed", "renamed");
  AppendCount(text, diff.modified.size(), "modified", "modified");
  const size_t macros =
      diff.added_macros.size() + diff.removed_macros.size() + diff.modified_macros.size();
  AppendCount(text, macros, "macro changed", "macros changed");
  std::string reached;
  AppendCount(reached, diff.downstream.size(), "downstream", "downstream");
  AppendCount(reached, diff.exposures.size(), "exposure hit", "exposures hit");
  return reached.empty() ? text : text + "; " + reached;
}

std::string ExposureFacts(const Document& document, Row row) {
  const Resource exposure = ResourceAt(document, row);
  std::string facts(exposure.Get("type").Text());
  const auto add = [&facts](std::string_view text) {
    if (text.empty()) return;
    if (!facts.empty()) facts += ", ";
    facts += text;
  };
  const Value owner = exposure.Get("owner");
  const std::string_view email = owner.Get("email").Text();
  if (const std::string_view name = owner.Get("name").Text(); name.empty()) {
    add(email);
  } else {
    add(std::string(name) + (email.empty() ? "" : " <" + std::string(email) + ">"));
  }
  add(exposure.Get("url").Text());
  return facts;
}

std::string JoinedReasons(const Reasons& reasons) {
  std::string joined;
  for (const std::string_view reason : reasons) {
    if (!joined.empty()) joined += ", ";
    joined += reason;
  }
  return joined;
}

std::string_view UniqueIdOf(const Document& document, Row row) {
  return ColumnText(document, document.resources().unique_id[row]);
}

std::string_view PathOf(const Document& document, Row row) {
  return ColumnText(document, document.resources().original_file_path[row]);
}

}  // namespace flatmanifest
