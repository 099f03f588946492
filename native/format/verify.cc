#include "format/verify.h"

#include <algorithm>
#include <span>
#include <string>

#include "format/checksum.h"
#include "format/interruption.h"
#include "format/scalar.h"
#include "format/text.h"
#include "format/unfolding.h"

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
    // All the data is text; so is each string, if none begins inside a character.
    Patience patience;
    for (const uint32_t offset : document_.string_offsets()) {
      patience.Step();
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
        // Strictly ascending positions are distinct, so this also proves that they are a
        // permutation.
        Require(i == 0 || document_.String(keys[order[i - 1]]) < document_.String(keys[order[i]]),
                "a shape's key order is not sorted");
      }
    }
  }

  void CheckScalars(std::span<const Cell> cells) const {
    Patience patience;
    for (const Cell cell : cells) {
      patience.Step();
      if (cell.is(CellKind::kString)) document_.String(cell.index());
      if (!cell.is_container()) CheckScalar(document_, cell);
      const bool is_date = cell.is(CellKind::kDate) || cell.is(CellKind::kDateTime);
      Require(!is_date || document_.header().kind == DocumentKind::kInternal,
              "an artifact holds a date, which JSON has not");
    }
  }

  // Readers that walk over a whole column meet no more values than the document holds.
  void CheckColumn(std::span<const Cell> cells, Unfolding& unfolding) const {
    CheckScalars(cells);
    Unfolded sum;
    for (const Cell cell : cells) {
      const Unfolded size = unfolding.Of(cell);
      sum.values += size.values;
      sum.text += size.text;
    }
    const size_t size = document_.bytes().size();
    Require(sum.values <= MostValues(size) && sum.text <= MostText(size),
            "the resources hold more than the document");
  }

  void CheckValues() {
    CheckScalars(document_.cells());
    Unfolding unfolding(document_);
    Require(document_.root().is(CellKind::kObject), "the root is not an object");
    unfolding.Of(document_.root());
    const ResourceColumns& rows = document_.resources();
    for (const auto& column : {rows.value, rows.fqn, rows.tags, rows.config, rows.version}) {
      CheckColumn(column, unfolding);
    }
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
    for (Row row = 0; row < document_.row_count(); ++row) {
      Require(rows.collection[row] < kCollectionCount, "a resource of an unknown collection");
      Require(rows.unique_id[row] != kNoString, "a resource without unique_id");
      Require(rows.resource_type[row] != kNoString, "a resource without resource_type");
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
    // Both directions have the same number of distinct edges, so inclusion implies equality.
    for (Row row = 0; row < document_.resources().graph_count; ++row) {
      for (const Row child : document_.Neighbours(document_.children(), row)) {
        const auto parents = document_.Neighbours(document_.parents(), child);
        Require(std::binary_search(parents.begin(), parents.end(), row),
                "parents and children of the graph disagree");
      }
    }
  }

  const Document& document_;
};

}  // namespace

void Verify(const Document& document) { Verifier(document).Run(); }

}  // namespace flatmanifest
