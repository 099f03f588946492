#include "format/cell.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace flatmanifest {
namespace {

TEST(CellTest, DefaultIsNull) {
  EXPECT_EQ(Cell(), Cell::Null());
  EXPECT_EQ(Cell::Null().bits(), 0U);
  EXPECT_TRUE(Cell::Null().is(CellKind::kNull));
}

TEST(CellTest, SmallIntsKeepTheirValue) {
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1} << 32,
                              -(int64_t{1} << 32), Cell::kSmallIntMin, Cell::kSmallIntMax}) {
    const Cell cell = Cell::SmallInt(value);
    EXPECT_TRUE(cell.is(CellKind::kInt)) << value;
    EXPECT_EQ(cell.small_int(), value);
  }
}

TEST(CellTest, PartsDoNotTouchEachOther) {
  constexpr uint32_t kLargestAux = Cell::kAuxLimit - 1;
  constexpr uint32_t kLargestIndex = std::numeric_limits<uint32_t>::max();
  for (const uint32_t aux : {0U, 1U, kLargestAux}) {
    for (const uint32_t index : {0U, 1U, kLargestIndex}) {
      const Cell cell = Cell::Make(CellKind::kDateTime, aux, index);
      EXPECT_EQ(cell.kind(), CellKind::kDateTime);
      EXPECT_EQ(cell.aux(), aux);
      EXPECT_EQ(cell.index(), index);
    }
  }
}

TEST(CellTest, NamedConstructorsSetTheKind) {
  EXPECT_EQ(Cell::Bool(false).kind(), CellKind::kFalse);
  EXPECT_EQ(Cell::Bool(true).kind(), CellKind::kTrue);
  EXPECT_EQ(Cell::String(5), Cell::Make(CellKind::kString, 0, 5));
  EXPECT_EQ(Cell::Array(3, 7), Cell::Make(CellKind::kArray, 3, 7));
  EXPECT_EQ(Cell::Object(3, 7), Cell::Make(CellKind::kObject, 3, 7));
  EXPECT_NE(Cell::Array(3, 7), Cell::Object(3, 7));
}

TEST(CellTest, OnlyArraysAndObjectsAreContainers) {
  for (int kind = 0; kind <= static_cast<int>(CellKind::kDateTime); ++kind) {
    const Cell cell = Cell::Make(static_cast<CellKind>(kind), 0, 0);
    const bool expected = cell.is(CellKind::kArray) || cell.is(CellKind::kObject);
    EXPECT_EQ(cell.is_container(), expected) << kind;
  }
}

}  // namespace
}  // namespace flatmanifest
