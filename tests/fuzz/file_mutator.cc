#include "fuzz/file_mutator.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "format/cell.h"
#include "manifest_generated.h"

namespace flatmanifest::fuzz {

namespace {

// A vector of numbers in the file.
struct Column {
  size_t field;   // where its table says how far away it is
  size_t vector;  // where its length stands; the elements follow
  uint32_t size;
  uint32_t width;  // bytes of an element
  bool has_cells;

  size_t elements() const { return vector + sizeof(uint32_t); }
  size_t Place(size_t element) const { return elements() + element * width; }
};

template <typename Number>
Number NumberAt(std::span<const std::byte> file, size_t place) {
  Number number;
  std::memcpy(&number, &file[place], sizeof(number));
  return number;
}

template <typename Number>
void SetNumber(std::span<std::byte> file, size_t place, Number number) {
  std::memcpy(&file[place], &number, sizeof(number));
}

// The columns of a file, in the same order in every file.
class Columns {
 public:
  explicit Columns(std::span<const std::byte> file) : file_(file) {
    const schema::Manifest* manifest = schema::GetManifest(file.data());
    Add(manifest->strings(), schema::Strings::VT_OFFSETS, 4);
    Add(manifest->strings(), schema::Strings::VT_DATA, 1);
    AddEach(manifest->shapes(), schema::Shapes::VT_OFFSETS, schema::Shapes::VT_ORDER, 4);
    Add(manifest->values(), schema::Values::VT_CELLS, 8, /*has_cells=*/true);
    Add(manifest->values(), schema::Values::VT_WIDE, 8);
    using schema::Resources;
    Add(manifest->resources(), Resources::VT_COLLECTION, 1);
    AddEach(manifest->resources(), Resources::VT_UNIQUE_ID, Resources::VT_GROUP, 4);
    AddEach(manifest->resources(), Resources::VT_VALUE, Resources::VT_VERSION, 8,
            /*has_cells=*/true);
    AddEach(manifest->graph(), schema::Graph::VT_CHILD_INDPTR, schema::Graph::VT_PARENT_INDICES, 4);
  }

  size_t size() const { return columns_.size(); }
  const Column& operator[](size_t index) const { return columns_[index]; }
  const Column& Any(Random& random) const { return columns_[Below(columns_.size(), random)]; }

 private:
  template <typename Table>
  void Add(const Table* table, flatbuffers::voffset_t field, uint32_t width,
           bool has_cells = false) {
    const uint8_t* address =
        reinterpret_cast<const flatbuffers::Table*>(table)->GetAddressOf(field);
    const size_t place = reinterpret_cast<const std::byte*>(address) - file_.data();
    const size_t vector = place + NumberAt<uint32_t>(file_, place);
    columns_.push_back({place, vector, NumberAt<uint32_t>(file_, vector), width, has_cells});
  }

  // The offsets of fields are two bytes apart.
  template <typename Table>
  void AddEach(const Table* table, int first, int last, uint32_t width, bool has_cells = false) {
    for (int field = first; field <= last; field += 2) {
      Add(table, static_cast<flatbuffers::voffset_t>(field), width, has_cells);
    }
  }

  std::span<const std::byte> file_;
  std::vector<Column> columns_;
};

std::optional<Columns> ColumnsOf(std::span<const std::byte> file) {
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(file.data()), file.size());
  if (!schema::VerifyManifestBuffer(verifier)) return std::nullopt;
  return Columns(file);
}

uint64_t OtherCell(Cell cell, Random& random) {
  constexpr uint32_t kLastDay = 3'652'059;  // 9999-12-31
  switch (Below(6, random)) {
    case 0:  // a kind, perhaps one that there is not
      return (cell.bits() & ~uint64_t{0xF}) | Below(16, random);
    case 1:
      return Cell::Make(cell.kind(), OtherNumber(cell.aux(), random), cell.index()).bits();
    case 2:
      return Cell::Make(cell.kind(), cell.aux(), OtherNumber(cell.index(), random)).bits();
    case 3:
      return Cell::Make(CellKind::kDate, 0, OtherNumber(kLastDay, random)).bits();
    case 4:
      return Cell::Make(CellKind::kDateTime, OtherNumber(Cell::kUtc, random), cell.index()).bits();
    default:  // a number, a text, or both
      return Cell::Make(static_cast<CellKind>(Below(9, random)), 0, cell.index()).bits();
  }
}

void ChangeElement(Bytes& file, const Column& column, Random& random) {
  if (column.size == 0) return;
  const size_t place = column.Place(Below(column.size, random));
  if (Below(4, random) == 0) {  // becomes another one of the column
    std::memmove(&file[place], &file[column.Place(Below(column.size, random))], column.width);
  } else if (column.has_cells) {
    SetNumber(file, place, OtherCell(Cell(NumberAt<uint64_t>(file, place)), random));
  } else if (column.width == 1) {
    file[place] = static_cast<std::byte>(Below(256, random));
  } else {  // of eight bytes, one half
    const size_t half = place + (column.width == 8 ? 4 * Below(2, random) : 0);
    SetNumber(file, half, OtherNumber(NumberAt<uint32_t>(file, half), random));
  }
}

// Copies some elements over others.
void CopyElements(Bytes& file, const Column& column, Random& random) {
  constexpr size_t kMost = 64;
  const size_t from = Below(column.size, random);
  const size_t to = Below(column.size, random);
  const size_t count = std::min({1 + Below(kMost, random), column.size - from, column.size - to});
  std::memmove(file.data() + column.Place(to), file.data() + column.Place(from),
               count * column.width);
}

// Changes the number of elements that the column declares.
void ClaimLength(Bytes& file, const Column& column, Random& random) {
  SetNumber(file, column.vector, OtherNumber(column.size, random));
}

// Moves the beginning of the column: a little, or to that of another column.
void Move(Bytes& file, const Columns& columns, const Column& column, Random& random) {
  const size_t other = columns.Any(random).vector;
  const size_t vector = Below(2, random) == 0 ? other : column.vector + 4 * Below(4, random);
  if (vector > column.field) {
    SetNumber(file, column.field, static_cast<uint32_t>(vector - column.field));
  }
}

// Replaces the column by these elements, behind all others.
void Replace(Bytes& file, const Column& column, std::span<const std::byte> elements) {
  constexpr size_t kAlignment = 8;  // of the elements, which follow four bytes of length
  size_t vector = file.size();
  while ((vector + sizeof(uint32_t)) % kAlignment != 0) ++vector;
  const size_t count = elements.size() / column.width;
  const Bytes kept(elements.begin(), elements.end());  // they may be of this file
  file.resize(vector);
  file.resize(vector + sizeof(uint32_t) + kept.size());
  SetNumber(file, vector, static_cast<uint32_t>(count));
  std::copy(kept.begin(), kept.end(), file.begin() + static_cast<ptrdiff_t>(vector) + 4);
  SetNumber(file, column.field, static_cast<uint32_t>(vector - column.field));
}

std::span<const std::byte> ElementsOf(std::span<const std::byte> file, const Column& column) {
  return file.subspan(column.elements(), size_t{column.size} * column.width);
}

// Adds or removes an element somewhere, or cuts the end off.
void Resize(Bytes& file, const Column& column, Random& random) {
  const auto elements = ElementsOf(file, column);
  Bytes changed(elements.begin(), elements.end());
  const auto at = changed.begin() + static_cast<ptrdiff_t>(Below(column.size, random)) *
                                        static_cast<ptrdiff_t>(column.width);
  switch (column.size == 0 ? 0 : Below(3, random)) {
    case 0: {
      const Bytes added(column.width, static_cast<std::byte>(Below(256, random)));
      changed.insert(at, added.begin(), added.end());
      break;
    }
    case 1:
      changed.erase(at, at + column.width);
      break;
    default:
      changed.erase(at, changed.end());
  }
  Replace(file, column, changed);
}

// Replaces the column by that of the other file.
void Take(Bytes& file, const Columns& columns, std::span<const std::byte> other, Random& random) {
  const auto others = ColumnsOf(other);
  if (!others) return Resize(file, columns.Any(random), random);
  const size_t index = Below(columns.size(), random);
  Replace(file, columns[index], ElementsOf(other, (*others)[index]));
}

void ChangeNumber(Bytes& file, Random& random) {
  schema::Manifest* manifest = schema::GetMutableManifest(file.data());
  schema::Header* header = manifest->mutable_header();
  const auto other = [&](uint64_t number) {
    return OtherNumber(static_cast<uint32_t>(number), random);
  };
  switch (Below(5, random)) {
    case 0:
      return header->mutate_value_count(other(header->value_count()));
    case 1:
      return header->mutate_generation(other(header->generation()));
    case 2:
      return header->mutate_kind(static_cast<schema::Kind>(Below(3, random)));
    case 3:
      manifest->mutable_resources()->mutate_graph_count(
          other(manifest->resources()->graph_count()));
      return;
    default:
      manifest->mutable_values()->mutate_root(OtherCell(Cell(manifest->values()->root()), random));
  }
}

}  // namespace

size_t Below(size_t limit, Random& random) {
  return limit == 0 ? 0 : std::uniform_int_distribution<size_t>(0, limit - 1)(random);
}

uint32_t OtherNumber(uint32_t number, Random& random) {
  constexpr std::array<uint32_t, 8> kExtremes = {0,          1,          0x7F,       0xFFFF,
                                                 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};
  switch (Below(4, random)) {
    case 0:
      return number + 1;
    case 1:
      return number - 1;
    case 2:
      return number * 2;
    default:
      return kExtremes[Below(kExtremes.size(), random)];
  }
}

bool MutateStructure(Bytes& file, std::span<const std::byte> other, Random& random) {
  const auto columns = ColumnsOf(file);
  if (!columns) return false;
  const Column& column = columns->Any(random);
  switch (Below(12, random)) {
    case 0:
      ClaimLength(file, column, random);
      break;
    case 1:
      Move(file, *columns, column, random);
      break;
    case 2:
      Resize(file, column, random);
      break;
    case 3:
      Take(file, *columns, other, random);
      break;
    case 4:
      ChangeNumber(file, random);
      break;
    case 5:
    case 6:
      CopyElements(file, column, random);
      break;
    default:
      ChangeElement(file, column, random);
  }
  return true;
}

std::span<std::byte> AnyColumn(Bytes& file, Random& random) {
  const auto columns = ColumnsOf(file);
  if (!columns) return {};
  const Column& column = columns->Any(random);
  return std::span(file).subspan(column.elements(), size_t{column.size} * column.width);
}

}  // namespace flatmanifest::fuzz
