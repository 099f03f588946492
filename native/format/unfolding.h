// What a document is when all that it shares is written out: how many values, how much text, how
// deep. Sharing lets a file of some kilobytes unfold to more than any memory holds; manifests do
// not come near the bounds below, so whoever meets one has a hostile file.

#ifndef FLATMANIFEST_FORMAT_UNFOLDING_H_
#define FLATMANIFEST_FORMAT_UNFOLDING_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "format/cell.h"

namespace flatmanifest {

class Document;

// The most values that a file of this many bytes unfolds to: 128 for each of its bytes, or a
// million. (A manifest of 53 MB of JSON: 0.13 for each.)
uint64_t MostValues(size_t file_size);
// The most text: 1,024 bytes for each byte of the file, or 64 MiB, and never over 8 GiB. Text is
// the bytes of strings, keys and digits, and eight for each value. (The same manifest: 3.)
uint64_t MostText(size_t file_size);
// JSON takes at most so many bytes for one of text: an escape is six, a number less than 48.
inline constexpr uint64_t kJsonPerText = 6;

struct Unfolded {
  uint64_t values = 0;
  uint64_t text = 0;
  int depth = 0;  // levels of containers
};

// Measures every cell of a document once, in time linear in the file. Borrows the document.
class Unfolding {
 public:
  // Throws FormatError where a cell holds what was written after it or beside it, unfolds to more
  // than the file's size allows or to more values than its header says, or is nested too deeply.
  // Strings and scalars have to exist; what they are is not looked at.
  explicit Unfolding(const Document& document);

  // The size of a cell of the document, or of one of its columns. Throws the same.
  Unfolded Of(Cell cell) { return Measure(cell, depth_.size()); }

 private:
  // The known sizes of the containers that begin at one cell.
  struct Range {
    uint32_t checked = 0;   // so many of them lie behind what they hold
    uint32_t measured = 0;  // of so many, this is the depth
    uint16_t depth = 0;
  };

  // Of a cell that may hold the cells before `limit`.
  Unfolded Measure(Cell cell, size_t limit);
  int DepthOf(Cell container, std::span<const Cell> elements);
  void Check(const Unfolded& size) const;
  void Step(size_t count);

  const Document& document_;
  const uint64_t most_values_;
  const uint64_t most_text_;
  std::vector<uint64_t> keys_;           // bytes of the keys of the shapes before each
  std::vector<uint64_t> values_before_;  // what the cells before each unfold to
  std::vector<uint64_t> text_before_;
  std::vector<uint16_t> depth_;
  std::vector<Range> ranges_;  // by their first cell
  uint64_t steps_ = 0;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_UNFOLDING_H_
