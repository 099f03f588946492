#include "format/document.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/error.h"
#include "testing/message_of.h"
#include "testing/patched_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::At;
using testing::MessageOf;
using testing::MoveField;
using testing::PatchedFile;
using testing::SetLength;

constexpr char kDamaged[] =
    "sample.fman: the file is truncated or damaged (its structure does not hold together)";
constexpr uint32_t kFarAway = 0x0FFF'FFFF;  // also fits aux

// The message of opening `bytes`.
std::string OpenError(std::span<const std::byte> bytes) {
  return MessageOf<FormatError>([&] { Document::Open(bytes, testing::kSampleName); });
}

std::string OpenError(std::string_view text) {
  // On the heap: aligned, and a read beyond it does not go unnoticed.
  const std::vector<char> copy(text.begin(), text.end());
  return OpenError(std::as_bytes(std::span(copy)));
}

std::string OpenError(PatchedFile& file) { return OpenError(file.bytes()); }

// The message of `read` on the document in `file`, which must open.
template <typename Read>
std::string ReadError(const PatchedFile& file, Read read) {
  const Document document = file.Open();
  return MessageOf<FormatError>([&] { read(document); });
}

// --- opening ---

TEST(DocumentOpenTest, EmptyFile) { EXPECT_EQ(OpenError(""), "sample.fman: the file is empty"); }

TEST(DocumentOpenTest, ShorterThanTheIdentifier) {
  EXPECT_EQ(OpenError("{}"), "sample.fman: not an .fman file (2 bytes)");
  EXPECT_EQ(OpenError(std::string("\x14\0\0\0FMA", 7)), "sample.fman: not an .fman file (7 bytes)");
}

TEST(DocumentOpenTest, AnotherKindOfFile) {
  EXPECT_EQ(OpenError("\x7f"
                      "ELF a program, not a manifest"),
            "sample.fman: not an .fman file (identifier FMAN is missing)");
}

TEST(DocumentOpenTest, BigEndianFile) {
  EXPECT_EQ(OpenError(std::string("\0\0\0\x14NAMF and so on", 18)),
            "sample.fman: its bytes are in the wrong order (.fman files are little-endian)");
}

TEST(DocumentOpenTest, Json) {
  EXPECT_EQ(OpenError(testing::SampleManifest()),
            "sample.fman: this is JSON, not an .fman file; convert it first");
}

TEST(DocumentOpenTest, TruncatedAtEveryLength) {
  PatchedFile file;
  const std::span<const std::byte> bytes = file.bytes();
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto part = bytes.first(length);
    const std::string message = OpenError(std::vector<std::byte>(part.begin(), part.end()));
    if (length >= 8 && length < 64) {
      EXPECT_EQ(message, "sample.fman: truncated (" + std::to_string(length) + " bytes)");
    }
  }
}

TEST(DocumentOpenTest, BytesAfterTheEnd) {
  PatchedFile file;
  std::vector<std::byte> longer(file.bytes().begin(), file.bytes().end());
  longer.resize(longer.size() + 8);
  EXPECT_EQ(OpenError(longer), "sample.fman: has " + std::to_string(longer.size()) +
                                   " bytes, its header says " +
                                   std::to_string(file.bytes().size()) + " (truncated or damaged)");
}

TEST(DocumentOpenTest, StructureThatDoesNotHoldTogether) {
  PatchedFile file;
  std::fill_n(file.bytes().begin(), 4, std::byte{0xFF});  // the offset of the root
  EXPECT_EQ(OpenError(file), kDamaged);
}

TEST(DocumentOpenTest, ColumnThatLeavesTheFile) {
  PatchedFile file;
  SetLength(file.values().mutable_cells(), 1U << 20);
  EXPECT_EQ(OpenError(file), kDamaged);
}

TEST(DocumentOpenTest, NewerFormatVersion) {
  PatchedFile file;
  file.header().mutate_format_version(kFormatVersion + 1);
  EXPECT_EQ(OpenError(file),
            "sample.fman: format version 2, this build reads version 1; upgrade flatmanifest or "
            "convert the manifest again");
}

TEST(DocumentOpenTest, LengthThatIsNotTheFiles) {
  PatchedFile file;
  const size_t size = file.bytes().size();
  file.header().mutate_length(size - 1);
  EXPECT_EQ(OpenError(file), "sample.fman: has " + std::to_string(size) +
                                 " bytes, its header says " + std::to_string(size - 1) +
                                 " (truncated or damaged)");
}

TEST(DocumentOpenTest, UnknownKind) {
  PatchedFile file;
  file.header().mutate_kind(static_cast<schema::Kind>(2));
  EXPECT_EQ(OpenError(file), "sample.fman: unknown kind of document");
}

TEST(DocumentOpenTest, ColumnsOffTheirAlignment) {
  // A column begins four bytes later: its length is now the lower half of its former first element.
  const auto misalign = [](auto& table, auto field, auto* column) {
    column->Mutate(0, uint64_t{1});
    MoveField(table, field, sizeof(uint32_t));
  };
  PatchedFile cells;
  misalign(cells.values(), schema::Values::VT_CELLS, cells.values().mutable_cells());
  EXPECT_EQ(OpenError(cells), "sample.fman: a column is not aligned (damaged file)");
  PatchedFile wide;
  misalign(wide.values(), schema::Values::VT_WIDE, wide.values().mutable_wide());
  EXPECT_EQ(OpenError(wide), "sample.fman: a column is not aligned (damaged file)");
  PatchedFile tags;
  misalign(tags.resources(), schema::Resources::VT_TAGS, tags.resources().mutable_tags());
  EXPECT_EQ(OpenError(tags), "sample.fman: a column is not aligned (damaged file)");
}

TEST(DocumentOpenTest, BytesOffTheirAlignment) {
  PatchedFile file;
  std::vector<std::byte> shifted(file.bytes().size() + 4);
  std::copy(file.bytes().begin(), file.bytes().end(), shifted.begin() + 4);
  EXPECT_EQ(OpenError(std::span(shifted).subspan(4)),
            "sample.fman: the bytes are not aligned to eight");
}

template <typename Column>
void Shorten(Column* column) {
  SetLength(column, column->size() - 1);
}

TEST(DocumentOpenTest, ResourceColumnsOfDifferentLength) {
  using Resources = schema::Resources;
  const auto shorten = [](auto column) {
    return [column](Resources& resources) { Shorten((resources.*column)()); };
  };
  const std::vector<std::function<void(Resources&)>> damages = {
      shorten(&Resources::mutable_collection),
      shorten(&Resources::mutable_unique_id),
      shorten(&Resources::mutable_resource_type),
      shorten(&Resources::mutable_package_name),
      shorten(&Resources::mutable_name),
      shorten(&Resources::mutable_path),
      shorten(&Resources::mutable_original_file_path),
      shorten(&Resources::mutable_patch_path),
      shorten(&Resources::mutable_source_name),
      shorten(&Resources::mutable_materialized),
      shorten(&Resources::mutable_access),
      shorten(&Resources::mutable_group),
      shorten(&Resources::mutable_value),
      shorten(&Resources::mutable_fqn),
      shorten(&Resources::mutable_tags),
      shorten(&Resources::mutable_config),
      shorten(&Resources::mutable_version),
      [](Resources& resources) { resources.mutate_graph_count(5); },
  };
  for (size_t i = 0; i < damages.size(); ++i) {
    PatchedFile file;
    damages[i](file.resources());
    EXPECT_EQ(OpenError(file), "sample.fman: resource columns differ in length") << "damage " << i;
  }
}

TEST(DocumentOpenTest, GraphColumnsThatDoNotMatchTheRows) {
  using Graph = schema::Graph;
  for (const auto column : {&Graph::mutable_child_indptr, &Graph::mutable_child_indices,
                            &Graph::mutable_parent_indptr, &Graph::mutable_parent_indices}) {
    PatchedFile file;
    Shorten((file.graph().*column)());
    EXPECT_EQ(OpenError(file), "sample.fman: graph columns do not match the resource rows");
  }
  PatchedFile file;
  file.resources().mutate_graph_count(2);
  EXPECT_EQ(OpenError(file), "sample.fman: graph columns do not match the resource rows");
}

TEST(DocumentOpenTest, StringAndShapeColumnsThatDoNotMatch) {
  constexpr char kMessage[] = "sample.fman: string or shape columns do not match";
  PatchedFile no_strings;
  SetLength(no_strings.strings().mutable_offsets(), 0);
  EXPECT_EQ(OpenError(no_strings), kMessage);
  PatchedFile no_shapes;
  SetLength(no_shapes.shapes().mutable_offsets(), 0);
  EXPECT_EQ(OpenError(no_shapes), kMessage);
  PatchedFile order;
  Shorten(order.shapes().mutable_order());
  EXPECT_EQ(OpenError(order), kMessage);
}

// --- reading ---

TEST(DocumentTest, TellsWhatItIs) {
  const FileImage image = testing::Convert(testing::SampleManifest(), {.generation = 4});
  const Document document = testing::Open(image);
  EXPECT_EQ(document.name(), "sample.fman");
  EXPECT_EQ(document.bytes().data(), image.bytes().data());
  EXPECT_EQ(document.header().generation, 4U);
  EXPECT_EQ(document.header().kind, DocumentKind::kArtifact);
  uint64_t checksum = 0;
  std::memcpy(&checksum, image.bytes().data() + document.checksum_offset(), sizeof(checksum));
  EXPECT_EQ(checksum, document.header().checksum);
}

TEST(DocumentTest, FindsKeysWhateverTheirOrder) {
  const FileImage image = testing::Convert(R"({"nodes": {"b": 1, "": 2, "a": 3, "\u00fc": 4}})");
  const Document document = testing::Open(image);
  const Cell nodes = At(document, "nodes");
  EXPECT_EQ(document.FindKey(nodes, "b"), 0U);
  EXPECT_EQ(document.FindKey(nodes, ""), 1U);
  EXPECT_EQ(document.FindKey(nodes, "a"), 2U);
  EXPECT_EQ(document.FindKey(nodes, "ü"), 3U);
  EXPECT_EQ(document.FindKey(nodes, "c"), std::nullopt);
  EXPECT_EQ(document.Find(nodes, "a"), Cell::SmallInt(3));
  EXPECT_EQ(document.Find(nodes, "c"), std::nullopt);
  EXPECT_EQ(document.Find(Cell::SmallInt(3), "c"), std::nullopt);
}

TEST(DocumentTest, FindsRowsInBothParts) {
  const FileImage image = testing::Convert(testing::SampleManifest());
  const Document document = testing::Open(image);
  ASSERT_EQ(document.row_count(), 4U);
  EXPECT_EQ(document.FindRow("model.shop.orders"), 0U);
  EXPECT_EQ(document.FindRow("model.shop.stg_orders"), 1U);
  EXPECT_EQ(document.FindRow("source.shop.raw.orders"), 2U);
  EXPECT_EQ(document.FindRow("macro.shop.cents"), 3U);
  for (const std::string_view missing : {"", "a", "macro.shop.cent", "macro.shop.centsx", "zzz"}) {
    EXPECT_EQ(document.FindRow(missing), kNoRow) << missing;
  }
}

TEST(DocumentTest, NamesCollectionsAsTheManifestDoes) {
  EXPECT_EQ(CollectionName(Collection::kNodes), "nodes");
  EXPECT_EQ(CollectionName(Collection::kGroups), "groups");
}

// --- reading damage ---

TEST(DocumentDamageTest, StringThatDoesNotExist) {
  PatchedFile file;
  const uint32_t count = file.strings().offsets()->size() - 1;
  EXPECT_EQ(ReadError(file, [&](const Document& document) { document.String(count); }),
            "sample.fman: string " + std::to_string(count) + " does not exist");
  EXPECT_EQ(ReadError(file, [&](const Document& document) { document.String(kNoString); }),
            "sample.fman: string 4294967295 does not exist");
}

TEST(DocumentDamageTest, StringOutsideTheFile) {
  PatchedFile beyond;
  beyond.strings().mutable_offsets()->Mutate(2, kFarAway);
  EXPECT_EQ(ReadError(beyond, [](const Document& document) { document.String(1); }),
            "sample.fman: string 1 lies outside the file");
  PatchedFile backwards;
  backwards.strings().mutable_offsets()->Mutate(2, 0);
  EXPECT_EQ(ReadError(backwards, [](const Document& document) { document.String(1); }),
            "sample.fman: string 1 lies outside the file");
}

TEST(DocumentDamageTest, WideValueThatDoesNotExist) {
  const PatchedFile file;
  const auto read = [](const Document& document) {
    document.Double(Cell::Make(CellKind::kDouble, 0, kFarAway));
  };
  EXPECT_EQ(ReadError(file, read), "sample.fman: wide value 268435455 does not exist");
}

TEST(DocumentDamageTest, ShapeThatDoesNotExist) {
  const PatchedFile file;
  constexpr char kMessage[] = "sample.fman: shape 268435455 does not exist";
  const Cell object = Cell::Object(kFarAway, 0);
  EXPECT_EQ(ReadError(file, [&](const Document& document) { document.Elements(object); }),
            kMessage);
  EXPECT_EQ(ReadError(file, [&](const Document& document) { document.Keys(object); }), kMessage);
  EXPECT_EQ(ReadError(file, [&](const Document& document) { document.Find(object, "a"); }),
            kMessage);
}

TEST(DocumentDamageTest, ShapeOutsideTheFile) {
  for (const uint32_t end : {0U, kFarAway}) {
    PatchedFile file;
    const uint32_t last = file.shapes().offsets()->size() - 1;
    file.shapes().mutable_offsets()->Mutate(last, end);
    const Cell object = Cell::Object(last - 1, 0);
    EXPECT_EQ(ReadError(file, [&](const Document& document) { document.Keys(object); }),
              "sample.fman: shape " + std::to_string(last - 1) + " lies outside the file");
  }
}

TEST(DocumentDamageTest, CellsOutsideTheFile) {
  const PatchedFile file;
  const auto count = static_cast<uint32_t>(file.Open().cells().size());
  for (const Cell cell : {Cell::Array(1, count), Cell::Array(count, 1), Cell::Array(kFarAway, 0),
                          Cell::Array(1, kNoRow), Cell::Object(0, count)}) {
    EXPECT_EQ(ReadError(file, [&](const Document& document) { document.Elements(cell); }),
              "sample.fman: cells " + std::to_string(cell.index()) +
                  " and following lie outside the file");
  }
  EXPECT_EQ(file.Open().Elements(Cell::Array(count, 0)).size(), count);
  EXPECT_TRUE(file.Open().Elements(Cell::Array(0, count)).empty());
}

TEST(DocumentDamageTest, ContainersThatHoldEachOther) {
  const PatchedFile file;
  const Document document = file.Open();
  const Cell before = Cell::Array(1, 0);
  const Cell after = Cell::Array(1, 1);
  document.CheckNesting(after, before);
  document.CheckNesting(before, Cell::Array(0, 1));
  document.CheckNesting(before, Cell::SmallInt(1));
  const std::string message =
      "sample.fman: a container holds what was written after it (damaged file)";
  EXPECT_EQ(MessageOf<FormatError>([&] { document.CheckNesting(before, after); }), message);
  EXPECT_EQ(MessageOf<FormatError>([&] { document.CheckNesting(before, before); }), message);
}

TEST(DocumentDamageTest, KeyOrderOutsideTheShape) {
  PatchedFile file;
  for (uint32_t i = 0; i < file.shapes().order()->size(); ++i) {
    file.shapes().mutable_order()->Mutate(i, kFarAway);
  }
  const auto read = [](const Document& document) { document.Find(document.root(), "nodes"); };
  EXPECT_EQ(ReadError(file, read), "sample.fman: a shape's key order lies outside the shape");
  PatchedFile next;  // just behind the last key
  const Document document = next.Open();
  const auto size = static_cast<uint32_t>(document.Keys(document.root()).size());
  for (uint32_t i = 0; i < next.shapes().order()->size(); ++i) {
    next.shapes().mutable_order()->Mutate(i, size);
  }
  EXPECT_EQ(ReadError(next, read), "sample.fman: a shape's key order lies outside the shape");
}

TEST(DocumentDamageTest, RowOutsideTheGraph) {
  const PatchedFile file;
  const auto read = [](const Document& document) {
    document.Neighbours(document.children(), document.FindRow("macro.shop.cents"));
  };
  EXPECT_EQ(ReadError(file, read), "sample.fman: row 3 is not in the graph");
}

TEST(DocumentDamageTest, EdgesOutsideTheFile) {
  PatchedFile beyond;
  beyond.graph().mutable_child_indptr()->Mutate(2, kFarAway);
  const auto read = [](const Document& document) { document.Neighbours(document.children(), 1); };
  EXPECT_EQ(ReadError(beyond, read), "sample.fman: the edges of row 1 lie outside the file");
  PatchedFile backwards;
  backwards.graph().mutable_child_indptr()->Mutate(1, 2);
  EXPECT_EQ(ReadError(backwards, read), "sample.fman: the edges of row 1 lie outside the file");
}

TEST(DocumentDamageTest, EdgeThatLeavesTheGraph) {
  PatchedFile file;
  file.graph().mutable_parent_indices()->Mutate(0, 3);
  const auto read = [](const Document& document) { document.Neighbours(document.parents(), 0); };
  EXPECT_EQ(ReadError(file, read), "sample.fman: an edge of row 0 leads outside the graph");
}

// --- WalkGuard ---

TEST(WalkGuardTest, CountsDownFromTheHeadersCount) {
  PatchedFile file;
  file.header().mutate_value_count(10);
  const Document document = file.Open();
  WalkGuard guard(document);
  EXPECT_EQ(guard.remaining(), 10U);
  guard.Count(4);
  {
    const WalkGuard::Level level(guard, 5);
    EXPECT_EQ(guard.remaining(), 1U);
  }
  EXPECT_EQ(guard.remaining(), 1U) << "what was met stays counted";
  EXPECT_EQ(MessageOf<FormatError>([&] { guard.Count(2); }),
            "sample.fman: more values than the header says (damaged file)");
  EXPECT_EQ(MessageOf<FormatError>([&] { const WalkGuard::Level level(guard, 2); }),
            "sample.fman: more values than the header says (damaged file)");
}

void Descend(WalkGuard& guard, int levels) {
  if (levels == 0) return;
  const WalkGuard::Level level(guard, 0);
  Descend(guard, levels - 1);
}

TEST(WalkGuardTest, LimitsTheDepth) {
  const PatchedFile file;
  const Document document = file.Open();
  WalkGuard guard(document);
  Descend(guard, kMaxDepth);
  Descend(guard, kMaxDepth);  // levels end with their scope
  EXPECT_EQ(MessageOf<FormatError>([&] { Descend(guard, kMaxDepth + 1); }),
            "sample.fman: containers are nested too deeply (damaged file)");
  Descend(guard, kMaxDepth);
}

}  // namespace
}  // namespace flatmanifest
