// A difference of two manifests as text for a terminal, as Markdown for a pull request, or as JSON.

#ifndef FLATMANIFEST_DIFF_DIFF_OUTPUT_H_
#define FLATMANIFEST_DIFF_DIFF_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "convert/text_buffer.h"
#include "diff/manifest_diff.h"

namespace flatmanifest {

enum class DiffFormat : uint8_t { kText, kMarkdown, kJson };
// The formats' names, in the order of the enumeration.
inline constexpr std::string_view kDiffFormatNames[] = {"text", "markdown", "json"};

// The format of that name. Throws DiffError.
DiffFormat ParseDiffFormat(std::string_view name);

// The most entries of a list in Markdown. GitHub takes comments of up to 65,536 characters.
inline constexpr size_t kMostInMarkdown = 100;

// Appends `diff`, whose documents must still be open, with a line end. Broken contracts are first.
// Markdown shows the first kMostInMarkdown entries of each list; the other formats show all. The
// same two manifests give the same bytes. Linear in what is written. Throws FormatError where a
// document is damaged.
void WriteDiff(const ManifestDiff& diff, DiffFormat format, TextBuffer& out);

// WriteDiff for each format (diff_text.cc, diff_markdown.cc, diff_json.cc).
void WriteDiffText(const ManifestDiff& diff, TextBuffer& out);
void WriteDiffMarkdown(const ManifestDiff& diff, TextBuffer& out);
void WriteDiffJson(const ManifestDiff& diff, TextBuffer& out);

// "2 contracts break, 1 added, 3 modified; 12 downstream, 1 exposure hit"; "no differences".
std::string DiffSummary(const ManifestDiff& diff);
// "dashboard, Ann <ann@example.com>, https://example.com", as far as an exposure has them.
std::string ExposureFacts(const Document& document, Row row);
// "body, configs".
std::string JoinedReasons(const Reasons& reasons);

// Columns of a row: the string, or "" for none.
std::string_view UniqueIdOf(const Document& document, Row row);
std::string_view PathOf(const Document& document, Row row);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_DIFF_DIFF_OUTPUT_H_
