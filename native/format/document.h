// Reads an .fman file in place.
//
// Nothing is parsed or copied: opening checks the FlatBuffer's own structure, the lengths of its
// columns and how many values it may unfold to, in time that does not depend on the size of the
// file. Every index read from the file is checked where it is used, so that a damaged file throws
// FormatError and never makes a reader leave the bytes it was given. Contents are not checksummed
// at open; Verify (format/verify.h) does that.
//
// The layout is specified in docs/format.md; the schema is schema/manifest.fbs.

#ifndef FLATMANIFEST_FORMAT_DOCUMENT_H_
#define FLATMANIFEST_FORMAT_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "format/cell.h"
#include "format/interruption.h"
#include "format/stack.h"

namespace flatmanifest {

inline constexpr uint32_t kFormatVersion = 1;

enum class DocumentKind : uint8_t { kArtifact = 0, kInternal = 1 };

// The section of the manifest that lists a resource. Files store these numbers: append only.
enum class Collection : uint8_t {
  kNodes = 0,
  kSources = 1,
  kExposures = 2,
  kMetrics = 3,
  kSemanticModels = 4,
  kSavedQueries = 5,
  kUnitTests = 6,
  kFunctions = 7,
  kMacros = 8,
  kDocs = 9,
  kGroups = 10,
};
inline constexpr int kCollectionCount = 11;

// The manifest's key for a collection: "nodes", "sources", ...
std::string_view CollectionName(Collection collection);

struct Header {
  uint64_t checksum;
  uint64_t length;
  uint64_t generation;
  uint64_t value_count;
  uint32_t format_version;
  DocumentKind kind;
};

// The JSON file that a document was converted from; see Source in the schema.
struct SourceStamp {
  uint64_t size = 0;
  int64_t mtime_ns = 0;
  int64_t ctime_ns = 0;
  uint64_t inode = 0;
  uint64_t device = 0;
  int64_t taken_ns = 0;
  uint64_t digest_low = 0;
  uint64_t digest_high = 0;
};

// Columns with one entry per resource row; see Resources in the schema. All spans have equal
// length.
struct ResourceColumns {
  uint32_t graph_count = 0;
  std::span<const uint8_t> collection;
  std::span<const StringId> unique_id;
  std::span<const StringId> resource_type;
  std::span<const StringId> package_name;
  std::span<const StringId> name;
  std::span<const StringId> path;
  std::span<const StringId> original_file_path;
  std::span<const StringId> patch_path;
  std::span<const StringId> source_name;
  std::span<const StringId> materialized;
  std::span<const StringId> access;
  std::span<const StringId> group;
  std::span<const Cell> value;
  std::span<const Cell> fqn;
  std::span<const Cell> tags;
  std::span<const Cell> config;
  std::span<const Cell> version;
};

// Compressed sparse rows: the neighbours of row r are indices[indptr[r] .. indptr[r + 1]).
struct CsrColumns {
  std::span<const uint32_t> indptr;   // one more than there are rows
  std::span<const uint32_t> indices;  // rows, sorted within each row's range
};

// A view of one file. Copyable; it borrows the bytes, which must outlive it and must not change.
// All members are const and safe to call from several threads.
class Document {
 public:
  // `bytes` must be aligned to eight, as mappings and allocations are. `name` is the file's name
  // for messages. Throws FormatError.
  static Document Open(std::span<const std::byte> bytes, std::string name);

  const std::string& name() const { return name_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  const Header& header() const { return header_; }
  // Offset of the checksum within the file.
  size_t checksum_offset() const { return checksum_offset_; }
  std::string_view producer() const { return producer_; }
  const std::optional<SourceStamp>& source() const { return source_; }

  // --- values ---

  Cell root() const { return root_; }
  // The bytes of string `id`, meant to be UTF-8 (a damaged file may hold anything).
  std::string_view String(StringId id) const;
  // The number in a wide slot: kWideInt and kWideUint (as two's complement), kDouble, kDateTime.
  uint64_t Wide(Cell cell) const;
  double Double(Cell cell) const;
  // The cells of an array or the values of an object, in document order.
  std::span<const Cell> Elements(Cell container) const;
  // Throws FormatError unless `element`, an element of `container`, lies wholly before it, as
  // writers place it. So following elements always ends, even in a damaged file. O(1).
  void CheckNesting(Cell container, Cell element) const;
  // The keys of an object, in document order.
  std::span<const StringId> Keys(Cell object) const;
  // The position of `key` among an object's keys. O(log keys).
  std::optional<uint32_t> FindKey(Cell object, std::string_view key) const;
  // The value of `key`, where `object` is an object that has it.
  std::optional<Cell> Find(Cell object, std::string_view key) const;

  // --- resources and graph ---

  const ResourceColumns& resources() const { return resources_; }
  uint32_t row_count() const { return static_cast<uint32_t>(resources_.unique_id.size()); }
  // The row of a unique_id, kNoRow if there is none. O(log rows).
  Row FindRow(std::string_view unique_id) const;
  const CsrColumns& children() const { return children_; }
  const CsrColumns& parents() const { return parents_; }
  // The neighbours of one row.
  std::span<const Row> Neighbours(const CsrColumns& csr, Row row) const;

  // --- sizes, for `info` and `verify` ---

  std::span<const uint32_t> string_offsets() const { return string_offsets_; }
  std::span<const uint8_t> string_data() const { return string_data_; }
  std::span<const uint32_t> shape_offsets() const { return shape_offsets_; }
  std::span<const StringId> shape_keys() const { return shape_keys_; }
  std::span<const uint32_t> shape_order() const { return shape_order_; }
  std::span<const Cell> cells() const { return cells_; }
  std::span<const uint64_t> wide() const { return wide_; }

  // Throws FormatError: "NAME: WHAT".
  [[noreturn]] void Fail(const std::string& what) const;

 private:
  struct ShapeRange {
    uint32_t begin;
    uint32_t size;
  };

  Document() = default;
  ShapeRange Shape(ShapeId shape) const;
  void CheckColumns() const;

  std::string name_;
  std::span<const std::byte> bytes_;
  Header header_{};
  size_t checksum_offset_ = 0;
  std::string_view producer_;
  std::optional<SourceStamp> source_;
  Cell root_;
  std::span<const uint32_t> string_offsets_;
  std::span<const uint8_t> string_data_;
  std::span<const uint32_t> shape_offsets_;
  std::span<const StringId> shape_keys_;
  std::span<const uint32_t> shape_order_;
  std::span<const Cell> cells_;
  std::span<const uint64_t> wide_;
  ResourceColumns resources_;
  CsrColumns children_;
  CsrColumns parents_;
};

// Bounds a walk through a document. A damaged or hostile file can then neither nest without end nor
// unfold shared subtrees into more values than its header says; opening has limited that number by
// the file's size (format/unfolding.h). A walk makes one guard, and a Level for each container
// while it is inside it. Throws FormatError, Interrupted (format/interruption.h), and StackError
// before the thread's stack ends.
class WalkGuard {
 public:
  explicit WalkGuard(const Document& document)
      : document_(document), remaining_(document.header().value_count) {}

  // One level of nesting, for as long as it lives. Counts the container's elements.
  class Level {
   public:
    Level(WalkGuard& guard, size_t elements) : guard_(guard) {
      RequireStack();
      guard_.Count(elements);
      if (guard_.depth_ >= kMaxDepth) {
        guard_.document_.Fail("containers are nested too deeply (damaged file)");
      }
      ++guard_.depth_;
    }
    ~Level() { --guard_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    WalkGuard& guard_;
  };

  // The values that the walk may still meet.
  uint64_t remaining() const { return remaining_; }
  // Counts values that a walk skips, or is about to visit.
  void Count(uint64_t values) {
    if (values > remaining_) document_.Fail("more values than the header says (damaged file)");
    remaining_ -= values;
    patience_.Step();
  }

 private:
  const Document& document_;
  uint64_t remaining_;
  int depth_ = 0;
  Patience patience_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_DOCUMENT_H_
