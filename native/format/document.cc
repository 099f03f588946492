#include "format/document.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "format/error.h"
#include "format/unfolding.h"
#include "manifest_generated.h"

namespace flatmanifest {

// Columns are spans over the file's bytes, and FlatBuffers are little-endian.
static_assert(std::endian::native == std::endian::little,
              "flatmanifest reads columns in place and needs a little-endian machine");

namespace {

// A FlatBuffer starts with the offset of its root, then the identifier.
constexpr size_t kIdentifierOffset = 4;
constexpr size_t kSmallestFile = 64;
constexpr std::string_view kIdentifier = "FMAN";
// FlatBuffers stay well below these limits, which bound the verifier's work on a hostile file.
constexpr int kVerifierDepth = 8;
constexpr int kVerifierTables = 16;

// A column as a span. FlatBuffers' verifier has checked its bounds, but not the alignment of 64-bit
// elements; reading them unaligned is undefined.
template <typename To, typename From>
std::span<const To> Span(const Document& document, const flatbuffers::Vector<From>* vector) {
  static_assert(sizeof(To) == sizeof(From));
  const auto address = reinterpret_cast<uintptr_t>(vector->data());
  if (vector->size() != 0 && address % alignof(To) != 0) {
    document.Fail("a column is not aligned (damaged file)");
  }
  return {reinterpret_cast<const To*>(vector->data()), vector->size()};
}

}  // namespace

std::string_view CollectionName(Collection collection) {
  static constexpr std::string_view kNames[kCollectionCount] = {
      "nodes",      "sources",   "exposures", "metrics", "semantic_models", "saved_queries",
      "unit_tests", "functions", "macros",    "docs",    "groups"};
  return kNames[static_cast<size_t>(collection)];
}

void Document::Fail(const std::string& what) const { throw FormatError(name_ + ": " + what); }

Document Document::Open(std::span<const std::byte> bytes, std::string name) {
  Document document;
  document.name_ = std::move(name);
  document.bytes_ = bytes;
  if (bytes.empty()) document.Fail("the file is empty");
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (bytes.size() < kIdentifierOffset + kIdentifier.size()) {
    document.Fail("not an .fman file (" + std::to_string(bytes.size()) + " bytes)");
  }
  const std::string_view identifier(reinterpret_cast<const char*>(data) + kIdentifierOffset,
                                    kIdentifier.size());
  if (std::equal(identifier.begin(), identifier.end(), kIdentifier.rbegin())) {
    document.Fail("its bytes are in the wrong order (.fman files are little-endian)");
  }
  if (identifier != kIdentifier) {
    document.Fail(data[0] == '{' ? "this is JSON, not an .fman file; convert it first"
                                 : "not an .fman file (identifier FMAN is missing)");
  }
  if (bytes.size() < kSmallestFile || bytes.size() > FLATBUFFERS_MAX_BUFFER_SIZE) {
    document.Fail("truncated (" + std::to_string(bytes.size()) + " bytes)");
  }

  if (reinterpret_cast<uintptr_t>(data) % alignof(uint64_t) != 0) {
    document.Fail("the bytes are not aligned to eight");
  }
  flatbuffers::Verifier verifier(data, bytes.size(), kVerifierDepth, kVerifierTables);
  if (!schema::VerifyManifestBuffer(verifier)) {
    document.Fail("the file is truncated or damaged (its structure does not hold together)");
  }
  const schema::Manifest* manifest = schema::GetManifest(data);

  const schema::Header* header = manifest->header();
  document.header_ = {.checksum = header->checksum(),
                      .length = header->length(),
                      .generation = header->generation(),
                      .value_count = header->value_count(),
                      .format_version = header->format_version(),
                      .kind = static_cast<DocumentKind>(header->kind())};
  document.checksum_offset_ = reinterpret_cast<const uint8_t*>(header) - data;
  if (header->format_version() != kFormatVersion) {
    document.Fail("format version " + std::to_string(header->format_version()) +
                  ", this build reads version " + std::to_string(kFormatVersion) +
                  "; upgrade flatmanifest or convert the manifest again");
  }
  if (header->length() != bytes.size()) {
    document.Fail("has " + std::to_string(bytes.size()) + " bytes, its header says " +
                  std::to_string(header->length()) + " (truncated or damaged)");
  }
  if (header->value_count() > MostValues(bytes.size())) {
    document.Fail("its header says that it unfolds to " + std::to_string(header->value_count()) +
                  " values, which no manifest of " + std::to_string(bytes.size()) +
                  " bytes does (damaged file)");
  }
  if (document.header_.kind > DocumentKind::kInternal) document.Fail("unknown kind of document");
  if (manifest->producer() != nullptr) document.producer_ = manifest->producer()->string_view();
  if (const schema::Source* source = manifest->source()) {
    document.source_ = SourceStamp{.size = source->size(),
                                   .mtime_ns = source->mtime_ns(),
                                   .ctime_ns = source->ctime_ns(),
                                   .inode = source->inode(),
                                   .device = source->device(),
                                   .taken_ns = source->taken_ns(),
                                   .digest_low = source->digest_low(),
                                   .digest_high = source->digest_high()};
  }

  document.string_offsets_ = Span<uint32_t>(document, manifest->strings()->offsets());
  document.string_data_ = Span<uint8_t>(document, manifest->strings()->data());
  document.shape_offsets_ = Span<uint32_t>(document, manifest->shapes()->offsets());
  document.shape_keys_ = Span<StringId>(document, manifest->shapes()->keys());
  document.shape_order_ = Span<uint32_t>(document, manifest->shapes()->order());
  document.root_ = Cell(manifest->values()->root());
  document.cells_ = Span<Cell>(document, manifest->values()->cells());
  document.wide_ = Span<uint64_t>(document, manifest->values()->wide());

  const schema::Resources* resources = manifest->resources();
  document.resources_ = {
      .graph_count = resources->graph_count(),
      .collection = Span<uint8_t>(document, resources->collection()),
      .unique_id = Span<StringId>(document, resources->unique_id()),
      .resource_type = Span<StringId>(document, resources->resource_type()),
      .package_name = Span<StringId>(document, resources->package_name()),
      .name = Span<StringId>(document, resources->name()),
      .path = Span<StringId>(document, resources->path()),
      .original_file_path = Span<StringId>(document, resources->original_file_path()),
      .patch_path = Span<StringId>(document, resources->patch_path()),
      .source_name = Span<StringId>(document, resources->source_name()),
      .materialized = Span<StringId>(document, resources->materialized()),
      .access = Span<StringId>(document, resources->access()),
      .group = Span<StringId>(document, resources->group()),
      .value = Span<Cell>(document, resources->value()),
      .fqn = Span<Cell>(document, resources->fqn()),
      .tags = Span<Cell>(document, resources->tags()),
      .config = Span<Cell>(document, resources->config()),
      .version = Span<Cell>(document, resources->version())};
  const schema::Graph* graph = manifest->graph();
  document.children_ = {.indptr = Span<uint32_t>(document, graph->child_indptr()),
                        .indices = Span<uint32_t>(document, graph->child_indices())};
  document.parents_ = {.indptr = Span<uint32_t>(document, graph->parent_indptr()),
                       .indices = Span<uint32_t>(document, graph->parent_indices())};
  document.CheckColumns();
  return document;
}

void Document::CheckColumns() const {
  const size_t rows = resources_.unique_id.size();
  const size_t column_lengths[] = {
      resources_.collection.size(),   resources_.resource_type.size(),
      resources_.package_name.size(), resources_.name.size(),
      resources_.path.size(),         resources_.original_file_path.size(),
      resources_.patch_path.size(),   resources_.source_name.size(),
      resources_.materialized.size(), resources_.access.size(),
      resources_.group.size(),        resources_.value.size(),
      resources_.fqn.size(),          resources_.tags.size(),
      resources_.config.size(),       resources_.version.size()};
  const bool columns_agree = std::all_of(std::begin(column_lengths), std::end(column_lengths),
                                         [rows](size_t length) { return length == rows; });
  if (!columns_agree || resources_.graph_count > rows) Fail("resource columns differ in length");
  const size_t indptr_length = size_t{resources_.graph_count} + 1;
  if (children_.indptr.size() != indptr_length || parents_.indptr.size() != indptr_length ||
      children_.indices.size() != parents_.indices.size()) {
    Fail("graph columns do not match the resource rows");
  }
  if (string_offsets_.empty() || shape_offsets_.empty() ||
      shape_keys_.size() != shape_order_.size()) {
    Fail("string or shape columns do not match");
  }
}

std::string_view Document::String(StringId id) const {
  if (id >= string_offsets_.size() - 1) Fail("string " + std::to_string(id) + " does not exist");
  const uint32_t begin = string_offsets_[id];
  const uint32_t end = string_offsets_[id + 1];
  if (begin > end || end > string_data_.size()) {
    Fail("string " + std::to_string(id) + " lies outside the file");
  }
  return {reinterpret_cast<const char*>(string_data_.data()) + begin, end - begin};
}

uint64_t Document::Wide(Cell cell) const {
  if (cell.index() >= wide_.size()) {
    Fail("wide value " + std::to_string(cell.index()) + " does not exist");
  }
  return wide_[cell.index()];
}

double Document::Double(Cell cell) const { return std::bit_cast<double>(Wide(cell)); }

Document::ShapeRange Document::Shape(ShapeId shape) const {
  if (shape >= shape_offsets_.size() - 1)
    Fail("shape " + std::to_string(shape) + " does not exist");
  const uint32_t begin = shape_offsets_[shape];
  const uint32_t end = shape_offsets_[shape + 1];
  if (begin > end || end > shape_keys_.size()) {
    Fail("shape " + std::to_string(shape) + " lies outside the file");
  }
  return {begin, end - begin};
}

void Document::CheckNesting(Cell container, Cell element) const {
  if (!element.is_container()) return;
  const size_t length = Elements(element).size();
  if (length != 0 && element.index() + length > container.index()) {
    Fail("a container holds what was written after it (damaged file)");
  }
}

std::span<const Cell> Document::Elements(Cell container) const {
  const uint32_t length =
      container.is(CellKind::kObject) ? Shape(container.aux()).size : container.aux();
  if (uint64_t{container.index()} + length > cells_.size()) {
    Fail("cells " + std::to_string(container.index()) + " and following lie outside the file");
  }
  return cells_.subspan(container.index(), length);
}

std::span<const StringId> Document::Keys(Cell object) const {
  const ShapeRange range = Shape(object.aux());
  return shape_keys_.subspan(range.begin, range.size);
}

std::optional<uint32_t> Document::FindKey(Cell object, std::string_view key) const {
  const ShapeRange range = Shape(object.aux());
  const auto keys = shape_keys_.subspan(range.begin, range.size);
  const auto order = shape_order_.subspan(range.begin, range.size);
  const auto key_at = [&](uint32_t position) {
    if (position >= keys.size()) Fail("a shape's key order lies outside the shape");
    return String(keys[position]);
  };
  const auto found = std::lower_bound(
      order.begin(), order.end(), key,
      [&](uint32_t position, std::string_view wanted) { return key_at(position) < wanted; });
  if (found == order.end() || key_at(*found) != key) return std::nullopt;
  return *found;
}

std::optional<Cell> Document::Find(Cell object, std::string_view key) const {
  if (!object.is(CellKind::kObject)) return std::nullopt;
  const std::optional<uint32_t> position = FindKey(object, key);
  if (!position) return std::nullopt;
  return Elements(object)[*position];
}

Row Document::FindRow(std::string_view unique_id) const {
  const auto search = [&](size_t begin, size_t end) -> Row {
    const auto ids = resources_.unique_id.subspan(begin, end - begin);
    const auto found =
        std::lower_bound(ids.begin(), ids.end(), unique_id,
                         [&](StringId id, std::string_view wanted) { return String(id) < wanted; });
    if (found == ids.end() || String(*found) != unique_id) return kNoRow;
    return static_cast<Row>(begin + (found - ids.begin()));
  };
  const Row row = search(0, resources_.graph_count);
  return row != kNoRow ? row : search(resources_.graph_count, resources_.unique_id.size());
}

std::span<const Row> Document::Neighbours(const CsrColumns& csr, Row row) const {
  if (row >= resources_.graph_count) Fail("row " + std::to_string(row) + " is not in the graph");
  const uint32_t begin = csr.indptr[row];
  const uint32_t end = csr.indptr[row + 1];
  if (begin > end || end > csr.indices.size()) {
    Fail("the edges of row " + std::to_string(row) + " lie outside the file");
  }
  const auto neighbours = csr.indices.subspan(begin, end - begin);
  for (const Row neighbour : neighbours) {
    if (neighbour >= resources_.graph_count) {
      Fail("an edge of row " + std::to_string(row) + " leads outside the graph");
    }
  }
  return neighbours;
}

}  // namespace flatmanifest
