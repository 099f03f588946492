// Files that are damaged on purpose.

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

// A copy of a file, to be changed through the schema's own accessors: each test damages the one
// column that it is about and leaves the rest as the writer made it.
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

  // The file as it is now, which must still open. Borrows the bytes: opening reads header, root
  // and the columns' places, all else is read when it is used.
  Document Open() const;
  // The file as it is now, given a checksum that fits.
  Document OpenSealed();

 private:
  schema::Manifest* manifest() { return schema::GetMutableManifest(bytes_.data()); }

  std::vector<std::byte> bytes_;  // aligned for any scalar, as all that operator new returns
};

// Makes a column longer or shorter than the writer did.
template <typename T>
void SetLength(flatbuffers::Vector<T>* column, uint32_t length) {
  *reinterpret_cast<flatbuffers::uoffset_t*>(column) = length;
}

// Makes `field` of `table` begin `bytes` later than the writer put it.
template <typename Table>
void MoveField(Table& table, flatbuffers::voffset_t field, uint32_t bytes) {
  auto* offset = reinterpret_cast<flatbuffers::Table&>(table).GetAddressOf(field);
  *reinterpret_cast<flatbuffers::uoffset_t*>(offset) += bytes;
}

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_PATCHED_FILE_H_
