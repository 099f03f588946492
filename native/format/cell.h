// One value of the document in eight bytes.
//
//   bits  0..3   kind
//   bits  4..31  aux    28 bits: length of an array, shape of an object, time zone of a datetime
//   bits 32..63  index  32 bits: first cell of a container, string id, wide slot, day number
//
// A small integer uses bits 4..63 as one signed 60-bit number. Equal values have equal cells within
// one file, because strings, wide slots and ranges are stored once; writers rely on it to share
// identical subtrees. docs/format.md has the same table.

#ifndef FLATMANIFEST_FORMAT_CELL_H_
#define FLATMANIFEST_FORMAT_CELL_H_

#include <cstdint>
#include <limits>

namespace flatmanifest {

using StringId = uint32_t;
using ShapeId = uint32_t;
using Row = uint32_t;

// "No such string" in a column of string ids.
inline constexpr StringId kNoString = std::numeric_limits<uint32_t>::max();
inline constexpr Row kNoRow = std::numeric_limits<uint32_t>::max();

// Containers nest at most this deep in any file, as they do in the JSON that is accepted.
inline constexpr int kMaxDepth = 1024;

enum class CellKind : uint8_t {
  kNull = 0,
  kFalse = 1,
  kTrue = 2,
  kInt = 3,       // inline, 60 bits signed
  kWideInt = 4,   // wide[index] as int64
  kWideUint = 5,  // wide[index] as uint64, above the int64 range
  kDouble = 6,    // wide[index] as IEEE 754 bits
  kBigInt = 7,    // string `index`: decimal digits of an integer beyond uint64
  kString = 8,
  kArray = 9,     // cells[index .. index + aux)
  kObject = 10,   // keys of shape aux, values cells[index .. index + size of the shape)
  kDate = 11,     // index: proleptic Gregorian ordinal, 1 is 0001-01-01 (datetime.date.toordinal)
  kDateTime = 12  // wide[index]: microseconds since 0001-01-01T00:00 in local time; aux: see below
};

class Cell {
 public:
  static constexpr uint32_t kAuxLimit = uint32_t{1} << 28;
  static constexpr int64_t kSmallIntMax = (int64_t{1} << 59) - 1;
  static constexpr int64_t kSmallIntMin = -(int64_t{1} << 59);
  // aux of a datetime: 0 is naive, else the offset from UTC in seconds plus kUtc.
  static constexpr uint32_t kUtc = 100'000;

  constexpr Cell() = default;
  constexpr explicit Cell(uint64_t bits) : bits_(bits) {}

  static constexpr Cell Null() { return Cell(); }
  static constexpr Cell Bool(bool value) {
    return Make(value ? CellKind::kTrue : CellKind::kFalse, 0, 0);
  }
  // `value` must lie within [kSmallIntMin, kSmallIntMax].
  static constexpr Cell SmallInt(int64_t value) {
    return Cell((static_cast<uint64_t>(value) << 4) | static_cast<uint64_t>(CellKind::kInt));
  }
  static constexpr Cell String(StringId id) { return Make(CellKind::kString, 0, id); }
  static constexpr Cell Array(uint32_t length, uint32_t start) {
    return Make(CellKind::kArray, length, start);
  }
  static constexpr Cell Object(ShapeId shape, uint32_t start) {
    return Make(CellKind::kObject, shape, start);
  }
  static constexpr Cell Make(CellKind kind, uint32_t aux, uint32_t index) {
    return Cell(static_cast<uint64_t>(kind) | (static_cast<uint64_t>(aux) << 4) |
                (static_cast<uint64_t>(index) << 32));
  }

  constexpr uint64_t bits() const { return bits_; }
  // May be a number that no CellKind names, in a damaged file.
  constexpr CellKind kind() const { return static_cast<CellKind>(bits_ & 0xF); }
  constexpr uint32_t aux() const { return static_cast<uint32_t>(bits_ >> 4) & (kAuxLimit - 1); }
  constexpr uint32_t index() const { return static_cast<uint32_t>(bits_ >> 32); }
  // Arithmetic shift: C++20 defines it for negative numbers.
  constexpr int64_t small_int() const { return static_cast<int64_t>(bits_) >> 4; }

  constexpr bool is(CellKind kind) const { return this->kind() == kind; }
  constexpr bool is_container() const { return is(CellKind::kArray) || is(CellKind::kObject); }

  friend constexpr bool operator==(Cell, Cell) = default;

 private:
  uint64_t bits_ = 0;
};

static_assert(sizeof(Cell) == 8);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_CELL_H_
