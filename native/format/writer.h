// Builds an .fman file in memory, bottom up: strings and values first, containers after their
// elements, Finish last. Every distinct string, key list and range of cells is stored once, so
// equal subtrees become equal cells.
//
// A Writer knows values, not manifests. The caller decides which values are resources and how they
// depend on each other (convert/resource_index.h), and gives Finish that as columns.

#ifndef FLATMANIFEST_FORMAT_WRITER_H_
#define FLATMANIFEST_FORMAT_WRITER_H_

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/bulk_memory.h"
#include "format/cell.h"
#include "format/document.h"
#include "format/interner.h"

namespace flatmanifest {

// The columns of ResourceColumns, for writing. All vectors have one entry per row.
struct ResourceRows {
  uint32_t graph_count = 0;
  std::vector<uint8_t> collection;
  std::vector<StringId> unique_id, resource_type, package_name, name, path, original_file_path,
      patch_path, source_name, materialized, access, group;
  std::vector<Cell> value, fqn, tags, config, version;
};

struct CsrRows {
  std::vector<uint32_t> indptr;
  std::vector<uint32_t> indices;
};

// The facts that Finish writes beside the values.
struct FileFacts {
  DocumentKind kind = DocumentKind::kArtifact;
  uint64_t generation = 1;
  // The number of values in the document, each shared one counted each time it occurs.
  uint64_t value_count = 0;
  std::optional<SourceStamp> source = std::nullopt;
};

// A finished file in memory.
class FileImage {
 public:
  explicit FileImage(flatbuffers::DetachedBuffer buffer) : buffer_(std::move(buffer)) {}

  std::span<const std::byte> bytes() const {
    return {reinterpret_cast<const std::byte*>(buffer_.data()), buffer_.size()};
  }
  // For SetGeneration alone.
  std::span<std::byte> writable_bytes() {
    return {reinterpret_cast<std::byte*>(buffer_.data()), buffer_.size()};
  }

 private:
  flatbuffers::DetachedBuffer buffer_;
};

// The bytes of `document` with another stamp and generation. The document must have a stamp.
std::vector<std::byte> CopyWithStamp(const Document& document, const SourceStamp& stamp,
                                     uint64_t generation);

// A copy of `document` in which the strings with these ids have other texts. O(size), without
// looking at values. The caller guarantees that all strings stay distinct, and that none of `texts`
// is a key: shapes are sorted by keys. Throws TooLargeError.
FileImage CopyWithStrings(const Document& document, const std::map<StringId, std::string>& texts);

// Gives a finished file in memory another generation, and the checksum that goes with it. O(1) if
// it has that generation already, else O(size). `file` must come from a Writer or CopyWithStamp.
void SetGeneration(std::span<std::byte> file, uint64_t generation);

// Not thread-safe. Methods that add values throw TooLargeError before the file grows beyond the 2
// GiB that FlatBuffers' offsets reach.
class Writer {
 public:
  // `expected_json` is the size in bytes of the JSON to be added, if known: memory is then reserved
  // once. `size_limit` is the largest allowed file, at least 4 KiB and at most what FlatBuffers can
  // hold.
  explicit Writer(size_t expected_json = 0, size_t size_limit = FLATBUFFERS_MAX_BUFFER_SIZE);

  StringId AddString(std::string_view bytes);
  Cell AddInt(int64_t value);
  Cell AddUint(uint64_t value);
  Cell AddDouble(double value);
  // `digits`: an optional '-' and decimal digits, beyond what AddInt and AddUint take.
  Cell AddBigInt(std::string_view digits);
  // A date, as the days that datetime.date.toordinal counts.
  Cell AddDate(uint32_t ordinal);
  // A datetime: microseconds since 0001-01-01T00:00 in local time, and the offset from UTC in
  // seconds if any.
  Cell AddDateTime(uint64_t microseconds, std::optional<int32_t> utc_offset);
  Cell AddArray(std::span<const Cell> elements);
  // If a key occurs twice, the last value wins and keeps the place of the first one, as in Python.
  Cell AddObject(std::span<const StringId> keys, std::span<const Cell> values);

  // AddObject with the keys of `like`, an object of this writer, in its order.
  Cell AddObjectLike(Cell like, std::span<const Cell> values);

  // --- what was added, for building columns from it ---

  size_t string_count() const { return string_offsets_.size() - 1; }
  std::string_view String(StringId id) const {
    const uint32_t begin = string_offsets_[id];
    return {string_data_.data() + begin, string_offsets_[id + 1] - begin};
  }
  // Whether JSON may hold the string verbatim between quotes (though it may escape anything).
  bool IsPlain(StringId id) const { return plain_[id]; }
  // The id of a string that was added, kNoString otherwise.
  StringId FindString(std::string_view bytes) const;
  std::span<const Cell> Elements(Cell container) const {
    const size_t length =
        container.is(CellKind::kObject) ? ShapeKeys(container.aux()).size() : container.aux();
    return {cells_.data() + container.index(), length};
  }
  std::span<const StringId> Keys(Cell object) const { return ShapeKeys(object.aux()); }
  // By string id, the rank of each string that is a key of some object, in the order of their
  // bytes; undefined for other strings. Sorting by rank spares comparing strings with long common
  // prefixes again and again. Valid until something is added.
  std::span<const uint32_t> KeyRanks();
  // The value of the key with this id; nothing if `object` is no object or has no such key.
  std::optional<Cell> Find(Cell object, StringId key) const;

  // The whole file, checksummed. The writer is spent afterwards.
  FileImage Finish(Cell root, const ResourceRows& resources, const CsrRows& children,
                   const CsrRows& parents, const FileFacts& facts) &&;

 private:
  uint32_t AddWide(uint64_t bits);
  uint32_t AddRange(std::span<const Cell> cells);
  ShapeId FindShape(uint64_t hash, std::span<const StringId> keys) const;
  ShapeId AddShape(uint64_t hash, std::span<const StringId> keys);
  std::span<const StringId> ShapeKeys(ShapeId shape) const {
    const uint32_t begin = shape_offsets_[shape];
    return {shape_keys_.data() + begin, shape_offsets_[shape + 1] - begin};
  }
  BulkVector<uint32_t> ShapeOrder();
  // The size of the file if it were finished now, without the columns of resources and graph.
  size_t Size() const;

  size_t size_limit_;
  BulkVector<uint32_t> string_offsets_{0};
  BulkVector<char> string_data_;
  std::vector<bool> plain_;  // by string id: has neither quote nor backslash nor control character
  BulkVector<uint32_t> shape_offsets_{0};
  BulkVector<StringId> shape_keys_;
  BulkVector<Cell> cells_;
  BulkVector<uint64_t> wide_;

  std::vector<uint32_t> key_ranks_;
  size_t ranked_keys_ = 0;  // how much of shape_keys_ the ranks were made of

  Interner string_index_;
  Interner shape_index_;
  Interner range_index_;
  Interner wide_index_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_WRITER_H_
