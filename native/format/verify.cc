#include "format/verify.h"

#include <algorithm>
#include <string>
#include <vector>

#include "format/checksum.h"
#include "format/text.h"

namespace flatmanifest {

namespace {

class Verifier {
 public:
  explicit Verifier(const Document& document) : document_(document) {}

  void Run() {
    CheckChecksum();
    CheckStrings();
    CheckShapes();
    CheckValues();
    CheckResources();
    CheckGraph();
  }

 private:
  void Require(bool condition, const char* what) const {
    if (!condition) document_.Fail(what);
  }

  bool IsString(StringId id) const { return id < document_.string_offsets().size() - 1; }

  void CheckChecksum() const {
    const uint64_t actual = Checksum(document_.bytes(), document_.checksum_offset());
    Require(actual == document_.header().checksum,
            "checksum mismatch: the file was changed or damaged after it was written");
  }

  void CheckOffsets(std::span<const uint32_t> offsets, size_t size, const char* what) const {
    Require(offsets.front() == 0 && offsets.back() == size &&
                std::is_sorted(offsets.begin(), offsets.end()),
            what);
  }

  void CheckStrings() const {
    const auto data = document_.string_data();
    CheckOffsets(document_.string_offsets(), data.size(), "string offsets are out of order");
    Require(IsText({reinterpret_cast<const char*>(data.data()), data.size()}),
            "a string is not UTF-8");
    // All of it is text; so is each string, if none begins inside a character.
    for (const uint32_t offset : document_.string_offsets()) {
      Require(offset == data.size() || (data[offset] & 0xC0) != 0x80,
              "a string begins within a character");
    }
  }

  void CheckShapes() const {
    const auto offsets = document_.shape_offsets();
    CheckOffsets(offsets, document_.shape_keys().size(), "shape offsets are out of order");
    for (size_t shape = 0; shape + 1 < offsets.size(); ++shape) {
      const size_t size = offsets[shape + 1] - offsets[shape];
      const auto keys = document_.shape_keys().subspan(offsets[shape], size);
      const auto order = document_.shape_order().subspan(offsets[shape], size);
      for (size_t i = 0; i < size; ++i) {
        Require(IsString(keys[i]), "a shape has a key that is no string");
        Require(order[i] < size, "a shape's key order lies outside the shape");
        // Strictly ascending positions are distinct ones, so this also proves a permutation.
        Require(i == 0 || document_.String(keys[order[i - 1]]) < document_.String(keys[order[i]]),
                "a shape's key order is not sorted");
      }
    }
  }

  // How many values `cell` unfolds to, itself included. Its range must end at or before `limit`:
  // containers are written after what they hold, which excludes cycles.
  uint64_t CheckCell(Cell cell, size_t limit, const std::vector<uint64_t>& counts_before) const {
    switch (cell.kind()) {
      case CellKind::kNull:
      case CellKind::kFalse:
      case CellKind::kTrue:
      case CellKind::kInt:
      case CellKind::kDate:
        return 1;
      case CellKind::kWideInt:
      case CellKind::kWideUint:
      case CellKind::kDouble:
      case CellKind::kDateTime:
        Require(cell.index() < document_.wide().size(), "a number lies outside the file");
        return 1;
      case CellKind::kBigInt:
      case CellKind::kString:
        Require(IsString(cell.index()), "a value is a string that does not exist");
        return 1;
      case CellKind::kArray:
      case CellKind::kObject: {
        const size_t length = document_.Elements(cell).size();
        if (length == 0) return 1;
        Require(cell.index() + length <= limit, "a container holds what was written after it");
        return 1 + counts_before[cell.index() + length] - counts_before[cell.index()];
      }
    }
    document_.Fail("a value of unknown kind " + std::to_string(static_cast<int>(cell.kind())));
  }

  void CheckValues() {
    const auto cells = document_.cells();
    const uint64_t declared = document_.header().value_count;
    // counts_before_[i]: values that cells 0 .. i - 1 unfold to.
    counts_before_.assign(cells.size() + 1, 0);
    for (size_t i = 0; i < cells.size(); ++i) {
      const uint64_t count = CheckCell(cells[i], i, counts_before_);
      // Each cell occurs in the document, so none unfolds to more than all of it. This also keeps
      // the sums far from overflow: at most 2^28 cells of at most `declared` values.
      Require(count <= declared && declared < (uint64_t{1} << 35),
              "a value unfolds to more values than the header says");
      counts_before_[i + 1] = counts_before_[i] + count;
    }
    Require(document_.root().is(CellKind::kObject), "the root is not an object");
    Require(CheckCell(document_.root(), cells.size(), counts_before_) <= declared,
            "the document holds more values than the header says");
  }

  void CheckResources() const {
    const ResourceColumns& rows = document_.resources();
    for (const auto& column : {rows.unique_id, rows.resource_type, rows.package_name, rows.name,
                               rows.path, rows.original_file_path, rows.patch_path,
                               rows.source_name, rows.materialized, rows.access, rows.group}) {
      for (const StringId id : column) {
        Require(id == kNoString || IsString(id), "a resource names a string that does not exist");
      }
    }
    for (const auto& column : {rows.value, rows.fqn, rows.tags, rows.config, rows.version}) {
      for (const Cell cell : column) CheckCell(cell, document_.cells().size(), counts_before_);
    }
    for (Row row = 0; row < document_.row_count(); ++row) {
      Require(rows.collection[row] < kCollectionCount, "a resource of an unknown collection");
      Require(rows.unique_id[row] != kNoString, "a resource without unique_id");
      Require(rows.value[row].is(CellKind::kObject), "a resource that is no object");
      const bool first_of_part = row == 0 || row == rows.graph_count;
      Require(first_of_part ||
                  document_.String(rows.unique_id[row - 1]) < document_.String(rows.unique_id[row]),
              "resources are not sorted by unique_id");
    }
  }

  void CheckCsr(const CsrColumns& csr) const {
    CheckOffsets(csr.indptr, csr.indices.size(), "graph offsets are out of order");
    for (Row row = 0; row < document_.resources().graph_count; ++row) {
      const auto neighbours = document_.Neighbours(csr, row);
      Require(std::adjacent_find(neighbours.begin(), neighbours.end(), std::greater_equal<>()) ==
                  neighbours.end(),
              "the edges of a row are not sorted");
    }
  }

  void CheckGraph() const {
    CheckCsr(document_.children());
    CheckCsr(document_.parents());
    // Both have equally many distinct edges, so one inclusion is equality.
    for (Row row = 0; row < document_.resources().graph_count; ++row) {
      for (const Row child : document_.Neighbours(document_.children(), row)) {
        const auto parents = document_.Neighbours(document_.parents(), child);
        Require(std::binary_search(parents.begin(), parents.end(), row),
                "parents and children of the graph disagree");
      }
    }
  }

  const Document& document_;
  std::vector<uint64_t> counts_before_;
};

}  // namespace

void Verify(const Document& document) { Verifier(document).Run(); }

}  // namespace flatmanifest
