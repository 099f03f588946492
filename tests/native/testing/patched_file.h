// Damages files on purpose.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_PATCHED_FILE_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_PATCHED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "format/cell.h"
#include "format/document.h"
#include "format/writer.h"
#include "manifest_generated.h"

namespace flatmanifest::testing {

// A copy of a file, changed through the schema's own accessors: each test damages one column and
// leaves the rest as the writer made it.
class PatchedFile {
 public:
  // A copy of the sample manifest's file.
  PatchedFile();
  explicit PatchedFile(const FileImage& image);

  std::span<std::byte> bytes() { return bytes_; }
  schema::Header& header() { return *manifest()->mutable_header(); }
  schema::Strings& strings() { return *manifest()->mutable_strings(); }
  schema::Shapes& shapes() { return *manifest()->mutable_shapes(); }
  schema::Values& values() { return *manifest()->mutable_values(); }
  schema::Resources& resources() { return *manifest()->mutable_resources(); }
  schema::Graph& graph() { return *manifest()->mutable_graph(); }

  void SetRoot(Cell root) { values().mutate_root(root.bits()); }
  void SetCell(uint32_t index, Cell cell) { values().mutable_cells()->Mutate(index, cell.bits()); }

  // Opens the file as it is now; that must still succeed. Borrows the bytes: opening reads header,
  // root and the columns' places; the rest is read when it is used.
  Document Open() const;
  // Opens the file as it is now, with a fitted checksum.
  Document OpenSealed();

 private:
  schema::Manifest* manifest() { return schema::GetMutableManifest(bytes_.data()); }

  std::vector<std::byte> bytes_;  // aligned for any scalar, as all that operator new returns
};

// Changes the length of a column.
template <typename T>
void SetLength(flatbuffers::Vector<T>* column, uint32_t length) {
  *reinterpret_cast<flatbuffers::uoffset_t*>(column) = length;
}

// Moves the beginning of `field` of `table` by `bytes`.
template <typename Table>
void MoveField(Table& table, flatbuffers::voffset_t field, uint32_t bytes) {
  auto* offset = reinterpret_cast<flatbuffers::Table&>(table).GetAddressOf(field);
  *reinterpret_cast<flatbuffers::uoffset_t*>(offset) += bytes;
}

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_PATCHED_FILE_H_
