// A set of rows. Selections of a whole manifest are unions, intersections and differences of such
// sets.
//
// A set of few rows is a sorted list; a set of many has a bit for each row of the manifest. So a
// small set costs nothing that depends on the size of the manifest (a selection of 100,000 names
// makes 100,000 of them), and a large set costs a few words for each row in it.

#ifndef FLATMANIFEST_GRAPH_ROW_SET_H_
#define FLATMANIFEST_GRAPH_ROW_SET_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "format/cell.h"
#include "format/interruption.h"

namespace flatmanifest {

// Rows in [0, size). Sets that are combined or compared must have the same size. A set must not
// change while ForEach visits it.
class RowSet {
 public:
  explicit RowSet(uint32_t size = 0) : size_(size) {}

  // All rows in [0, size).
  static RowSet All(uint32_t size) {
    RowSet all(size);
    all.words_.assign(all.WordCount(), ~uint64_t{0});
    if (size % 64 != 0) all.words_.back() = (uint64_t{1} << (size % 64)) - 1;
    return all;
  }

  uint32_t size() const { return size_; }
  bool Contains(Row row) const {
    if (is_list()) return std::binary_search(list_.begin(), list_.end(), row);
    return ((words_[row / 64] >> (row % 64)) & 1) != 0;
  }
  // Inserts a row. Returns whether it is new.
  bool Insert(Row row) {
    if (is_list()) {
      if (list_.empty() || list_.back() < row) {
        Append(row);
        return true;
      }
      const auto place = std::lower_bound(list_.begin(), list_.end(), row);
      if (*place == row) return false;
      if (list_.size() < MostInList()) {
        list_.insert(place, row);
        return true;
      }
      Spread();
    }
    uint64_t& word = words_[row / 64];
    const uint64_t bit = uint64_t{1} << (row % 64);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }
  void Erase(Row row) {
    if (!is_list()) {
      words_[row / 64] &= ~(uint64_t{1} << (row % 64));
      return;
    }
    const auto place = std::lower_bound(list_.begin(), list_.end(), row);
    if (place != list_.end() && *place == row) list_.erase(place);
  }

  bool empty() const {
    return list_.empty() &&
           std::all_of(words_.begin(), words_.end(), [](uint64_t word) { return word == 0; });
  }
  uint32_t Count() const {
    auto count = static_cast<uint32_t>(list_.size());
    for (const uint64_t word : words_) count += static_cast<uint32_t>(std::popcount(word));
    return count;
  }

  RowSet& operator|=(const RowSet& other) {
    if (other.is_list()) {
      for (const Row row : other.list_) Insert(row);
      return *this;
    }
    if (is_list()) Spread();
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  RowSet& operator&=(const RowSet& other) {
    if (is_list()) {
      std::erase_if(list_, [&](Row row) { return !other.Contains(row); });
    } else if (other.is_list()) {
      RowSet both = other;
      *this = std::move(both &= *this);
    } else {
      for (size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    }
    return *this;
  }
  RowSet& operator-=(const RowSet& other) {
    if (is_list()) {
      std::erase_if(list_, [&](Row row) { return other.Contains(row); });
    } else if (other.is_list()) {
      for (const Row row : other.list_) Erase(row);
    } else {
      for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    }
    return *this;
  }
  friend RowSet operator|(RowSet a, const RowSet& b) { return a |= b; }
  friend RowSet operator&(RowSet a, const RowSet& b) { return a &= b; }
  friend RowSet operator-(RowSet a, const RowSet& b) { return a -= b; }
  friend bool operator==(const RowSet& a, const RowSet& b) {
    if (a.size_ != b.size_) return false;
    if (a.is_list() != b.is_list()) return a.is_list() ? b.EqualsList(a) : a.EqualsList(b);
    return a.list_ == b.list_ && a.words_ == b.words_;
  }

  // Calls visit(row) for each row, ascending.
  template <typename Visit>
  void ForEach(Visit visit) const {
    Patience patience;
    for (const Row row : list_) {
      patience.Step(kStepsOfRow);
      visit(row);
    }
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
  // Selections look at rows one by one, which takes far longer than a step of a walk.
  static constexpr uint64_t kStepsOfRow = 8;
  static constexpr uint64_t kStepsOfWord = 64 * kStepsOfRow;

  bool is_list() const { return words_.empty(); }
  size_t WordCount() const { return (size_t{size_} + 63) / 64; }
  // From this length on, bits cost only a few words for each row of the list.
  size_t MostInList() const { return 16 + size_ / 256; }

  // Appends a row that is greater than all in the list.
  void Append(Row row) {
    if (list_.size() < MostInList()) {
      list_.push_back(row);
    } else {
      Spread();
      words_[row / 64] |= uint64_t{1} << (row % 64);
    }
  }
  // Turns a list into bits.
  void Spread() {
    words_.resize(WordCount());
    for (const Row row : list_) words_[row / 64] |= uint64_t{1} << (row % 64);
    list_ = {};
  }
  // Compares bits with a list.
  bool EqualsList(const RowSet& other) const {
    return Count() == other.list_.size() && std::all_of(other.list_.begin(), other.list_.end(),
                                                        [this](Row row) { return Contains(row); });
  }

  uint32_t size_;
  std::vector<Row> list_;        // sorted; empty if there are words
  std::vector<uint64_t> words_;  // a bit for each row; none while there is a list
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_ROW_SET_H_
