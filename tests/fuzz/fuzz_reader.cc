// .fman files of unknown origin: whatever they hold, reading them throws FormatError at worst, and
// never leaves the file. What passes Verify must also be what Verify says.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convert/json_writer.h"
#include "format/document.h"
#include "format/error.h"
#include "format/field_path.h"
#include "format/verify.h"
#include "format/writer.h"
#include "fuzz/require.h"
#include "testing/reseal.h"

namespace flatmanifest {
namespace {

using fuzz::Require;

// Whether `call` ran to its end; a FormatError is the other thing that may happen.
template <typename Call>
bool Succeeds(Call call) {
  try {
    call();
    return true;
  } catch (const FormatError&) {
    return false;
  }
}

// A document may say, and be, so large that no fuzzer would see the end of it: a few hundred bytes
// of shared arrays unfold to 2^35 values, each perhaps the file's longest string. That is within
// the format, so such documents are read, but not walked as a whole.
bool IsWalkable(const Document& document) {
  constexpr uint64_t kMostValues = 1 << 16;
  constexpr uint64_t kMostText = 1 << 22;
  const uint64_t values = document.header().value_count;
  return values <= kMostValues && values * document.string_data().size() <= kMostText;
}

// Meets every value, and finds every member by its key.
void Walk(const Document& document, WalkGuard& guard, Cell cell) {
  if (cell.is(CellKind::kString)) document.String(cell.index());
  if (cell.is(CellKind::kDouble)) document.Double(cell);
  if (!cell.is_container()) return;
  const auto elements = document.Elements(cell);
  const WalkGuard::Level level(guard, elements.size());
  if (cell.is(CellKind::kObject)) {
    for (const StringId key : document.Keys(cell)) document.Find(cell, document.String(key));
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

// All of it must succeed for a file that Verify has passed.
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

// What callers may rely on once Verify has passed.
void RequireWhatVerifyPromises(const Document& document) {
  const ResourceColumns& rows = document.resources();
  for (Row row = 0; row < document.row_count(); ++row) {
    const Row found = document.FindRow(document.String(rows.unique_id[row]));
    // A unique_id may stand in both parts; the graph's is found.
    Require(found == row || found < rows.graph_count, "a verified row is found");
    RequireMembersFound(document, rows.value[row]);
  }
  RequireMembersFound(document, document.root());
}

void Export(const Document& document, Cell cell) {
  BulkText text;
  Succeeds([&] { WriteJson(document, cell, text); });
}

void Read(std::span<const std::byte> file) {
  Document document = Document::Open(file, "input");
  const bool verified = Succeeds([&] { Verify(document); });
  const bool readable = ReadAll(document);
  if (verified) {
    Require(readable, "a verified file can be read");
    RequireWhatVerifyPromises(document);
  }
  if (document.source()) {
    // The copy may be damaged where the file is not: in a file that was made up, the stamp may lie
    // upon a column.
    const std::vector<std::byte> copy = CopyWithStamp(document, {}, 1);
    Succeeds([&] { Verify(Document::Open(copy, "copy")); });
  }
  if (!IsWalkable(document)) return;
  Succeeds([&] {
    WalkGuard guard(document);
    Walk(document, guard, document.root());
  });
  Export(document, document.root());
  for (const Cell value : document.resources().value) Export(document, value);
}

}  // namespace
}  // namespace flatmanifest

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  // Aligned, as mappings are; and no larger than the file, so that no read beyond it goes unseen.
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  flatmanifest::Succeeds([&] { flatmanifest::Read(file); });
  // Again with a header that fits, or few inputs would get past it.
  if (flatmanifest::testing::Reseal(file)) {
    flatmanifest::Succeeds([&] { flatmanifest::Read(file); });
  }
  return 0;
}
