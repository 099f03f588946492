#include "format/writer.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <unordered_map>

#include "format/checksum.h"
#include "format/error.h"
#include "manifest_generated.h"

namespace flatmanifest {

namespace {

constexpr std::string_view kProducer = "flatmanifest " FLATMANIFEST_VERSION;
// The bytes that Finish adds to the columns: tables, vector lengths, padding.
constexpr size_t kFileOverhead = 4096;

[[noreturn]] void FailTooLarge() {
  throw TooLargeError(
      "the manifest would make a file over 2 GiB, more than the format's 32-bit offsets reach; "
      "nothing was written");
}

uint64_t Hash(const void* data, size_t size) { return XXH3_64bits(data, size); }

// For each distinct key, in order of first occurrence, the position in `values` of its last one;
// empty if all keys are distinct.
std::vector<size_t> LastOfEach(std::span<const StringId> keys) {
  std::unordered_map<StringId, size_t> place;
  std::vector<size_t> last;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto [entry, inserted] = place.try_emplace(keys[i], last.size());
    if (inserted) {
      last.push_back(i);
    } else {
      last[entry->second] = i;
    }
  }
  if (last.size() == keys.size()) last.clear();
  return last;
}

// FlatBuffers' memory, allocated like that of the columns.
class BulkBufferAllocator : public flatbuffers::Allocator {
 public:
  uint8_t* allocate(size_t size) override { return static_cast<uint8_t*>(AllocateBulk(size)); }
  void deallocate(uint8_t* memory, size_t) override { FreeBulk(memory); }
};

BulkBufferAllocator g_buffer_allocator;  // has no state

template <typename Column>
size_t ByteSize(const Column& column) {
  return column.size() * sizeof(column[0]);
}

template <typename Column>
auto CreateColumn(flatbuffers::FlatBufferBuilder& builder, const Column& column) {
  return builder.CreateVector(column.data(), column.size());
}

// Rows are ResourceRows or ResourceColumns.
template <typename Rows>
size_t ResourceSize(const Rows& rows) {
  // 1 ubyte, 11 uint and 5 ulong columns.
  return rows.unique_id.size() * (1 + 11 * sizeof(StringId) + 5 * sizeof(Cell));
}

// Rows are CsrRows or CsrColumns.
template <typename Rows>
size_t CsrSize(const Rows& rows) {
  return ByteSize(rows.indptr) + ByteSize(rows.indices);
}

flatbuffers::Offset<flatbuffers::Vector<uint64_t>> CreateCells(
    flatbuffers::FlatBufferBuilder& builder, std::span<const Cell> cells) {
  return builder.CreateVector(reinterpret_cast<const uint64_t*>(cells.data()), cells.size());
}

template <typename Rows>
flatbuffers::Offset<schema::Resources> CreateResources(flatbuffers::FlatBufferBuilder& builder,
                                                       const Rows& rows) {
  // One statement for each column: a call's arguments may be evaluated in any order.
  const auto collection = CreateColumn(builder, rows.collection);
  const auto unique_id = CreateColumn(builder, rows.unique_id);
  const auto resource_type = CreateColumn(builder, rows.resource_type);
  const auto package_name = CreateColumn(builder, rows.package_name);
  const auto name = CreateColumn(builder, rows.name);
  const auto path = CreateColumn(builder, rows.path);
  const auto original_file_path = CreateColumn(builder, rows.original_file_path);
  const auto patch_path = CreateColumn(builder, rows.patch_path);
  const auto source_name = CreateColumn(builder, rows.source_name);
  const auto materialized = CreateColumn(builder, rows.materialized);
  const auto access = CreateColumn(builder, rows.access);
  const auto group = CreateColumn(builder, rows.group);
  const auto value = CreateCells(builder, rows.value);
  const auto fqn = CreateCells(builder, rows.fqn);
  const auto tags = CreateCells(builder, rows.tags);
  const auto config = CreateCells(builder, rows.config);
  const auto version = CreateCells(builder, rows.version);
  return schema::CreateResources(builder, rows.graph_count, collection, unique_id, resource_type,
                                 package_name, name, path, original_file_path, patch_path,
                                 source_name, materialized, access, group, value, fqn, tags, config,
                                 version);
}

template <typename Rows>
flatbuffers::Offset<schema::Graph> CreateGraph(flatbuffers::FlatBufferBuilder& builder,
                                               const Rows& children, const Rows& parents) {
  const auto child_indptr = CreateColumn(builder, children.indptr);
  const auto child_indices = CreateColumn(builder, children.indices);
  const auto parent_indptr = CreateColumn(builder, parents.indptr);
  const auto parent_indices = CreateColumn(builder, parents.indices);
  return schema::CreateGraph(builder, child_indptr, child_indices, parent_indptr, parent_indices);
}

schema::Source SourceOf(const SourceStamp& stamp) {
  return {stamp.size,   stamp.mtime_ns, stamp.ctime_ns,   stamp.inode,
          stamp.device, stamp.taken_ns, stamp.digest_low, stamp.digest_high};
}

// Fills in the checksum, as the last step.
void Seal(std::span<std::byte> file, schema::Header* header) {
  const size_t offset = reinterpret_cast<const std::byte*>(header) - file.data();
  header->mutate_checksum(Checksum(file, offset));
}

// The columns of strings, shapes and values.
struct ValueColumns {
  Cell root;
  std::span<const uint32_t> string_offsets;
  std::span<const uint8_t> string_data;
  std::span<const uint32_t> shape_offsets;
  std::span<const StringId> shape_keys;
  std::span<const uint32_t> shape_order;
  std::span<const Cell> cells;
  std::span<const uint64_t> wide;
};

size_t ByteSize(const ValueColumns& columns) {
  return ByteSize(columns.string_offsets) + ByteSize(columns.string_data) +
         ByteSize(columns.shape_offsets) + 2 * ByteSize(columns.shape_keys) +
         ByteSize(columns.cells) + ByteSize(columns.wide);
}

template <typename Resources, typename Csr>
FileImage BuildFile(const ValueColumns& columns, const Resources& resources, const Csr& children,
                    const Csr& parents, const FileFacts& facts) {
  const size_t size =
      ByteSize(columns) + ResourceSize(resources) + CsrSize(children) + CsrSize(parents);
  flatbuffers::FlatBufferBuilder builder(size + kFileOverhead, &g_buffer_allocator);

  // A FlatBuffer is built back to front, so this is also the order from the end of the file. The
  // columns that a scan over resources and graph touches lie together at the front.
  const auto values_cells = CreateCells(builder, columns.cells);
  const auto values_wide = CreateColumn(builder, columns.wide);
  const auto values = schema::CreateValues(builder, columns.root.bits(), values_cells, values_wide);
  const auto string_data = CreateColumn(builder, columns.string_data);
  const auto string_offsets = CreateColumn(builder, columns.string_offsets);
  const auto strings = schema::CreateStrings(builder, string_offsets, string_data);
  const auto shape_offsets = CreateColumn(builder, columns.shape_offsets);
  const auto shape_keys = CreateColumn(builder, columns.shape_keys);
  const auto shape_order = CreateColumn(builder, columns.shape_order);
  const auto shapes = schema::CreateShapes(builder, shape_offsets, shape_keys, shape_order);
  const auto resource_table = CreateResources(builder, resources);
  const auto graph = CreateGraph(builder, children, parents);
  const auto producer = builder.CreateString(kProducer.data(), kProducer.size());

  // Length and checksum are known only when the file is complete.
  const schema::Header header(0, 0, facts.generation, facts.value_count, kFormatVersion,
                              static_cast<schema::Kind>(facts.kind));
  schema::Source source;
  if (facts.source) source = SourceOf(*facts.source);
  schema::FinishManifestBuffer(
      builder, schema::CreateManifest(builder, &header, producer, facts.source ? &source : nullptr,
                                      strings, shapes, values, resource_table, graph));

  schema::Manifest* manifest = schema::GetMutableManifest(builder.GetBufferPointer());
  schema::Header* written = manifest->mutable_header();
  const auto file =
      std::as_writable_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  written->mutate_length(file.size());
  Seal(file, written);
  return FileImage(builder.Release());
}

}  // namespace

std::vector<std::byte> CopyWithStamp(const Document& document, const SourceStamp& stamp,
                                     uint64_t generation) {
  std::vector<std::byte> copy(document.bytes().begin(), document.bytes().end());
  schema::Manifest* manifest = schema::GetMutableManifest(copy.data());
  *manifest->mutable_source() = SourceOf(stamp);
  manifest->mutable_header()->mutate_generation(generation);
  Seal(copy, manifest->mutable_header());
  return copy;
}

FileImage CopyWithStrings(const Document& document, const std::map<StringId, std::string>& texts) {
  const auto old_offsets = document.string_offsets();
  const auto old_data = document.string_data();
  BulkVector<uint32_t> offsets;
  BulkVector<uint8_t> data;
  offsets.reserve(old_offsets.size());
  size_t size = old_data.size();
  for (const auto& [id, text] : texts) size += text.size();
  if (size > FLATBUFFERS_MAX_BUFFER_SIZE / 2) FailTooLarge();
  data.reserve(size);
  offsets.push_back(0);
  // Copies the strings before `end` as one range.
  const auto copy_until = [&](StringId end) {
    const auto begin = static_cast<StringId>(offsets.size() - 1);
    const uint32_t from = old_offsets[begin];
    if (from > old_offsets[end] || old_offsets[end] > old_data.size()) {
      document.Fail("a string lies outside the file (damaged file)");
    }
    const auto shift = static_cast<uint32_t>(data.size()) - from;
    data.insert(data.end(), old_data.begin() + from, old_data.begin() + old_offsets[end]);
    for (StringId id = begin; id < end; ++id) offsets.push_back(old_offsets[id + 1] + shift);
  };
  for (const auto& [id, text] : texts) {
    copy_until(id);
    data.insert(data.end(), text.begin(), text.end());
    offsets.push_back(static_cast<uint32_t>(data.size()));
  }
  copy_until(static_cast<StringId>(old_offsets.size() - 1));
  const ValueColumns columns{.root = document.root(),
                             .string_offsets = offsets,
                             .string_data = data,
                             .shape_offsets = document.shape_offsets(),
                             .shape_keys = document.shape_keys(),
                             .shape_order = document.shape_order(),
                             .cells = document.cells(),
                             .wide = document.wide()};
  const Header& header = document.header();
  return BuildFile(columns, document.resources(), document.children(), document.parents(),
                   {.kind = header.kind,
                    .generation = header.generation,
                    .value_count = header.value_count,
                    .source = document.source()});
}

void SetGeneration(std::span<std::byte> file, uint64_t generation) {
  schema::Header* header = schema::GetMutableManifest(file.data())->mutable_header();
  if (header->generation() == generation) return;
  header->mutate_generation(generation);
  Seal(file, header);
}

Writer::Writer(size_t expected_json, size_t size_limit)
    : size_limit_(std::min<size_t>(size_limit, FLATBUFFERS_MAX_BUFFER_SIZE) - kFileOverhead) {
  // Bytes of JSON per entry in dbt's manifests, rounded up; a wrong guess only costs a
  // reallocation. The guesses for indexes are tight: the larger an index, the slower it is.
  string_data_.reserve(expected_json / 2);
  string_offsets_.reserve(expected_json / 64);
  cells_.reserve(expected_json / 24);
  string_index_.Reserve(expected_json / 640);
  range_index_.Reserve(expected_json / 512);
}

size_t Writer::Size() const {
  return ByteSize(string_offsets_) + ByteSize(string_data_) + ByteSize(shape_offsets_) +
         2 * ByteSize(shape_keys_) + ByteSize(cells_) + ByteSize(wide_);
}

StringId Writer::AddString(std::string_view bytes) {
  const uint64_t hash = Hash(bytes.data(), bytes.size());
  const uint32_t found = string_index_.Find(hash, [&](uint32_t id) { return String(id) == bytes; });
  if (found != Interner::kAbsent) return found;
  if (Size() + bytes.size() > size_limit_) FailTooLarge();
  const auto id = static_cast<StringId>(string_offsets_.size() - 1);
  string_data_.insert(string_data_.end(), bytes.begin(), bytes.end());
  string_offsets_.push_back(static_cast<uint32_t>(string_data_.size()));
  plain_.push_back(std::none_of(bytes.begin(), bytes.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  }));
  string_index_.Insert(hash, id);
  return id;
}

uint32_t Writer::AddWide(uint64_t bits) {
  const uint64_t hash = Hash(&bits, sizeof(bits));
  const uint32_t found = wide_index_.Find(hash, [&](uint32_t slot) { return wide_[slot] == bits; });
  if (found != Interner::kAbsent) return found;
  if (Size() + sizeof(bits) > size_limit_) FailTooLarge();
  const auto slot = static_cast<uint32_t>(wide_.size());
  wide_.push_back(bits);
  wide_index_.Insert(hash, slot);
  return slot;
}

Cell Writer::AddInt(int64_t value) {
  if (value >= Cell::kSmallIntMin && value <= Cell::kSmallIntMax) return Cell::SmallInt(value);
  return Cell::Make(CellKind::kWideInt, 0, AddWide(static_cast<uint64_t>(value)));
}

Cell Writer::AddUint(uint64_t value) {
  if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return AddInt(static_cast<int64_t>(value));
  }
  return Cell::Make(CellKind::kWideUint, 0, AddWide(value));
}

Cell Writer::AddDouble(double value) {
  return Cell::Make(CellKind::kDouble, 0, AddWide(std::bit_cast<uint64_t>(value)));
}

Cell Writer::AddBigInt(std::string_view digits) {
  return Cell::Make(CellKind::kBigInt, 0, AddString(digits));
}

Cell Writer::AddDate(uint32_t ordinal) { return Cell::Make(CellKind::kDate, 0, ordinal); }

Cell Writer::AddDateTime(uint64_t microseconds, std::optional<int32_t> utc_offset) {
  const uint32_t zone = utc_offset ? Cell::kUtc + static_cast<uint32_t>(*utc_offset) : 0;
  return Cell::Make(CellKind::kDateTime, zone, AddWide(microseconds));
}

uint32_t Writer::AddRange(std::span<const Cell> cells) {
  if (cells.empty()) return 0;
  const uint64_t hash = Hash(cells.data(), cells.size_bytes());
  const uint32_t found = range_index_.Find(hash, [&](uint32_t start) {
    return start + cells.size() <= cells_.size() &&
           std::equal(cells.begin(), cells.end(), cells_.begin() + start);
  });
  if (found != Interner::kAbsent) return found;
  if (Size() + cells.size_bytes() > size_limit_) FailTooLarge();
  const auto start = static_cast<uint32_t>(cells_.size());
  cells_.insert(cells_.end(), cells.begin(), cells.end());
  range_index_.Insert(hash, start);
  return start;
}

Cell Writer::AddArray(std::span<const Cell> elements) {
  // A longer array would not fit the file either; AddRange refuses it first.
  const uint32_t start = AddRange(elements);
  return Cell::Array(static_cast<uint32_t>(elements.size()), start);
}

ShapeId Writer::FindShape(uint64_t hash, std::span<const StringId> keys) const {
  return shape_index_.Find(hash, [&](uint32_t shape) {
    const auto known = ShapeKeys(shape);
    return std::equal(known.begin(), known.end(), keys.begin(), keys.end());
  });
}

ShapeId Writer::AddShape(uint64_t hash, std::span<const StringId> keys) {
  if (Size() + 2 * keys.size_bytes() + sizeof(uint32_t) > size_limit_) FailTooLarge();
  const auto shape = static_cast<ShapeId>(shape_offsets_.size() - 1);
  if (shape >= Cell::kAuxLimit) FailTooLarge();
  shape_keys_.insert(shape_keys_.end(), keys.begin(), keys.end());
  shape_offsets_.push_back(static_cast<uint32_t>(shape_keys_.size()));
  shape_index_.Insert(hash, shape);
  return shape;
}

Cell Writer::AddObject(std::span<const StringId> keys, std::span<const Cell> values) {
  const uint64_t hash = Hash(keys.data(), keys.size_bytes());
  ShapeId shape = FindShape(hash, keys);
  if (shape == Interner::kAbsent) {
    // Only key lists without duplicates become shapes, so duplicates are searched for only here.
    if (const std::vector<size_t> last = LastOfEach(keys); !last.empty()) {
      std::vector<StringId> distinct_keys;
      std::vector<Cell> last_values;
      for (const size_t at : last) {
        distinct_keys.push_back(keys[at]);
        last_values.push_back(values[at]);
      }
      return AddObject(distinct_keys, last_values);
    }
    shape = AddShape(hash, keys);
  }
  return Cell::Object(shape, AddRange(values));
}

Cell Writer::AddObjectLike(Cell like, std::span<const Cell> values) {
  return Cell::Object(like.aux(), AddRange(values));
}

StringId Writer::FindString(std::string_view bytes) const {
  static_assert(Interner::kAbsent == kNoString);
  return string_index_.Find(Hash(bytes.data(), bytes.size()),
                            [&](uint32_t id) { return String(id) == bytes; });
}

std::optional<Cell> Writer::Find(Cell object, StringId key) const {
  if (!object.is(CellKind::kObject) || key == kNoString) return std::nullopt;
  const auto keys = Keys(object);
  const auto found = std::find(keys.begin(), keys.end(), key);
  if (found == keys.end()) return std::nullopt;
  return Elements(object)[found - keys.begin()];
}

std::span<const uint32_t> Writer::KeyRanks() {
  if (ranked_keys_ == shape_keys_.size()) return key_ranks_;
  std::vector<bool> is_key(string_count(), false);
  std::vector<StringId> keys;
  for (const StringId key : shape_keys_) {
    if (!is_key[key]) keys.push_back(key);
    is_key[key] = true;
  }
  std::sort(keys.begin(), keys.end(),
            [&](StringId a, StringId b) { return String(a) < String(b); });
  key_ranks_.assign(string_count(), 0);
  for (uint32_t rank = 0; rank < keys.size(); ++rank) key_ranks_[keys[rank]] = rank;
  ranked_keys_ = shape_keys_.size();
  return key_ranks_;
}

BulkVector<uint32_t> Writer::ShapeOrder() {
  const auto ranks = KeyRanks();
  BulkVector<uint32_t> order(shape_keys_.size());
  for (size_t shape = 0; shape + 1 < shape_offsets_.size(); ++shape) {
    const auto keys = ShapeKeys(static_cast<ShapeId>(shape));
    const auto begin = order.begin() + shape_offsets_[shape];
    const auto end = order.begin() + shape_offsets_[shape + 1];
    std::iota(begin, end, 0);
    std::sort(begin, end, [&](uint32_t a, uint32_t b) { return ranks[keys[a]] < ranks[keys[b]]; });
  }
  return order;
}

FileImage Writer::Finish(Cell root, const ResourceRows& resources, const CsrRows& children,
                         const CsrRows& parents, const FileFacts& facts) && {
  const size_t size = Size() + ResourceSize(resources) + CsrSize(children) + CsrSize(parents);
  if (size > size_limit_) FailTooLarge();
  // The indexes are as large as the file and no longer needed.
  string_index_ = shape_index_ = range_index_ = wide_index_ = Interner();
  const BulkVector<uint32_t> order = ShapeOrder();
  const ValueColumns columns{
      .root = root,
      .string_offsets = string_offsets_,
      .string_data = {reinterpret_cast<const uint8_t*>(string_data_.data()), string_data_.size()},
      .shape_offsets = shape_offsets_,
      .shape_keys = shape_keys_,
      .shape_order = order,
      .cells = cells_,
      .wide = wide_};
  return BuildFile(columns, resources, children, parents, facts);
}

}  // namespace flatmanifest
