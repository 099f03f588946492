#include "fuzz/read_everything.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "convert/convert.h"
#include "convert/json_writer.h"
#include "diff/diff_output.h"
#include "diff/manifest_diff.h"
#include "format/document.h"
#include "format/error.h"
#include "format/field_path.h"
#include "format/verify.h"
#include "format/writer.h"
#include "fuzz/require.h"

namespace flatmanifest::fuzz {

namespace {

// Whether `call` completed; the only alternative is a FormatError.
template <typename Call>
bool Succeeds(Call call) {
  try {
    call();
    return true;
  } catch (const FormatError&) {
    return false;
  }
}

// A document may be so large, or claim to be, that a fuzzer would wait for it: a few hundred bytes
// of shared arrays unfold to a million values, each perhaps the file's longest string. The format
// permits that, so such documents are read, but not walked as a whole or not written as text.
bool IsWalkable(const Document& document) {
  constexpr uint64_t kMostValues = 1 << 22;
  return document.header().value_count <= kMostValues;
}

bool IsExportable(const Document& document) {
  constexpr uint64_t kMostText = 1 << 22;
  const uint64_t values = document.header().value_count;
  return IsWalkable(document) && values * document.string_data().size() <= kMostText;
}

constexpr size_t kMostKeys = 8;

// Visits every value, and finds members by their keys.
void Walk(const Document& document, WalkGuard& guard, Cell cell) {
  if (cell.is(CellKind::kString)) document.String(cell.index());
  if (cell.is(CellKind::kDouble)) document.Double(cell);
  if (!cell.is_container()) return;
  const auto elements = document.Elements(cell);
  const WalkGuard::Level level(guard, elements.size());
  if (cell.is(CellKind::kObject)) {
    const auto keys = document.Keys(cell);
    // More would take long and find nothing new.
    for (const StringId key : keys.first(std::min(keys.size(), kMostKeys))) {
      document.Find(cell, document.String(key));
    }
  }
  for (const Cell element : elements) Walk(document, guard, element);
}

void ReadRow(const Document& document, Row row) {
  const ResourceColumns& rows = document.resources();
  for (const auto& column : {rows.unique_id, rows.resource_type, rows.package_name, rows.name,
                             rows.path, rows.original_file_path, rows.patch_path, rows.source_name,
                             rows.materialized, rows.access, rows.group}) {
    if (column[row] != kNoString) document.String(column[row]);
  }
  for (const auto& column : {rows.value, rows.fqn, rows.tags, rows.config, rows.version}) {
    if (column[row].is_container()) document.Elements(column[row]);
  }
  document.FindRow(document.String(rows.unique_id[row]));
}

// All of it must succeed for a file that has passed Verify.
bool ReadAll(const Document& document) {
  bool good = true;
  for (Row row = 0; row < document.row_count(); ++row) {
    good &= Succeeds([&] { ReadRow(document, row); });
    if (row >= document.resources().graph_count) continue;
    good &= Succeeds([&] { document.Neighbours(document.children(), row); });
    good &= Succeeds([&] { document.Neighbours(document.parents(), row); });
  }
  for (StringId id = 0; id + 1 < document.string_offsets().size(); ++id) {
    good &= Succeeds([&] { document.String(id); });
  }
  good &= Succeeds([&] { document.FindRow("model.shop.orders"); });
  good &= Succeeds(
      [&] { FindPath(document, document.root(), "nodes.model.shop.orders.depends_on.nodes.0"); });
  return good;
}

void RequireMembersFound(const Document& document, Cell cell) {
  const auto keys = document.Keys(cell);
  for (uint32_t i = 0; i < keys.size(); ++i) {
    Require(document.FindKey(cell, document.String(keys[i])) == i,
            "a verified object has its keys");
  }
}

// Checks the properties that callers may rely on after Verify.
void RequireWhatVerifyPromises(const Document& document) {
  const ResourceColumns& rows = document.resources();
  for (Row row = 0; row < document.row_count(); ++row) {
    const Row found = document.FindRow(document.String(rows.unique_id[row]));
    // A unique_id may be in both parts; then that of the graph is found.
    Require(found == row || found < rows.graph_count, "a verified row is found");
    RequireMembersFound(document, rows.value[row]);
  }
  RequireMembersFound(document, document.root());
}

// Compares with itself, with a manifest of nothing, and the other way round.
void Compare(const Document& document) {
  static const FileImage kNothing =
      ConvertJson(simdjson::padded_string(std::string_view(R"({"nodes": {}})")), "nothing", {});
  const Document nothing = Document::Open(kNothing.bytes(), "nothing");
  for (const auto& [old, now] : {std::pair(&document, &document), std::pair(&nothing, &document),
                                 std::pair(&document, &nothing)}) {
    try {
      const ManifestDiff diff = DiffManifests(*old, *now);
      for (const DiffFormat format :
           {DiffFormat::kText, DiffFormat::kMarkdown, DiffFormat::kJson}) {
        BulkText text;
        WriteDiff(diff, format, text);
      }
    } catch (const DiffError&) {  // for example, a macro is missing
    } catch (const FormatError&) {
    }
  }
}

bool Export(const Document& document, Cell cell) {
  BulkText text;
  return Succeeds([&] { WriteJson(document, cell, text); });
}

}  // namespace

bool ReadEverything(std::span<const std::byte> file) {
  std::optional<Document> opened;
  if (!Succeeds([&] { opened = Document::Open(file, "input"); })) return false;
  const Document& document = *opened;
  const bool verified = Succeeds([&] { Verify(document); });
  const bool readable = ReadAll(document);
  if (verified) {
    Require(readable, "a verified file can be read");
    RequireWhatVerifyPromises(document);
  }
  if (document.source()) {
    // The copy may be damaged although the file is not: in a forged file, the stamp may overlap a
    // column.
    const std::vector<std::byte> copy = CopyWithStamp(document, {}, 1);
    Succeeds([&] { Verify(Document::Open(copy, "copy")); });
  }
  if (!IsWalkable(document)) return verified;
  const bool walked = Succeeds([&] {
    WalkGuard guard(document);
    Walk(document, guard, document.root());
  });
  Require(walked || !verified, "a verified file can be walked");
  if (!IsExportable(document)) return verified;
  Compare(document);
  bool exported = Export(document, document.root());
  for (const Cell value : document.resources().value) exported &= Export(document, value);
  Require(exported || !verified, "a verified file can be exported");
  return verified;
}

}  // namespace flatmanifest::fuzz
