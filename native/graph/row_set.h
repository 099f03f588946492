// A set of rows, as one bit each: selections of a whole manifest are unions, intersections and
// differences of these, a few hundred words long.

#ifndef FLATMANIFEST_GRAPH_ROW_SET_H_
#define FLATMANIFEST_GRAPH_ROW_SET_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "format/cell.h"
#include "format/interruption.h"

namespace flatmanifest {

// Rows in [0, size). Sets that are combined or compared must have the same size.
class RowSet {
 public:
  explicit RowSet(uint32_t size = 0) : size_(size), words_((size_t{size} + 63) / 64) {}

  // All rows in [0, size).
  static RowSet All(uint32_t size) {
    RowSet all(size);
    for (uint64_t& word : all.words_) word = ~uint64_t{0};
    if (size % 64 != 0) all.words_.back() = (uint64_t{1} << (size % 64)) - 1;
    return all;
  }

  uint32_t size() const { return size_; }
  bool Contains(Row row) const { return ((words_[row / 64] >> (row % 64)) & 1) != 0; }
  // Whether `row` is new.
  bool Insert(Row row) {
    uint64_t& word = words_[row / 64];
    const uint64_t bit = uint64_t{1} << (row % 64);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }
  void Erase(Row row) { words_[row / 64] &= ~(uint64_t{1} << (row % 64)); }

  bool empty() const {
    for (const uint64_t word : words_) {
      if (word != 0) return false;
    }
    return true;
  }
  uint32_t Count() const {
    uint32_t count = 0;
    for (const uint64_t word : words_) count += static_cast<uint32_t>(std::popcount(word));
    return count;
  }

  RowSet& operator|=(const RowSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  RowSet& operator&=(const RowSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  RowSet& operator-=(const RowSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  friend RowSet operator|(RowSet a, const RowSet& b) { return a |= b; }
  friend RowSet operator&(RowSet a, const RowSet& b) { return a &= b; }
  friend RowSet operator-(RowSet a, const RowSet& b) { return a -= b; }
  friend bool operator==(const RowSet&, const RowSet&) = default;

  // Calls visit(row) for each row, ascending.
  template <typename Visit>
  void ForEach(Visit visit) const {
    Patience patience;
    for (size_t i = 0; i < words_.size(); ++i) {
      patience.Step(kStepsOfWord);
      for (uint64_t word = words_[i]; word != 0; word &= word - 1) {
        visit(static_cast<Row>(i * 64 + static_cast<size_t>(std::countr_zero(word))));
      }
    }
  }
  // The rows, ascending.
  std::vector<Row> Rows() const {
    std::vector<Row> rows;
    rows.reserve(Count());
    ForEach([&rows](Row row) { rows.push_back(row); });
    return rows;
  }

 private:
  uint32_t size_;
  // Selecting looks at rows one by one, which takes far longer than a step of a walk.
  static constexpr uint64_t kStepsOfWord = 512;

  std::vector<uint64_t> words_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_ROW_SET_H_
