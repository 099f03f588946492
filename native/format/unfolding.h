// The size of a document with all shared parts written out: number of values, amount of text,
// depth. Sharing lets a file of some kilobytes unfold to more than any memory holds. Manifests stay
// far below the limits here, so a file that reaches one is hostile.

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
// The most JSON bytes for a byte of text: an escape is six, a number less than 48.
inline constexpr uint64_t kJsonPerText = 6;

struct Unfolded {
  uint64_t values = 0;
  uint64_t text = 0;
  int depth = 0;  // levels of containers
};

// Measures every cell of a document once, in time linear in the file. Borrows the document.
class Unfolding {
 public:
  // Throws FormatError for a cell that refers to cells written after or beside it, that unfolds to
  // more than the file's size allows or to more values than the header says, or that is nested too
  // deeply. Strings and scalars must exist; their contents are not checked.
  explicit Unfolding(const Document& document);

  // The size of a cell of the document, or of one of its columns. Throws as the constructor does.
  Unfolded Of(Cell cell) { return Measure(cell, depth_.size()); }

 private:
  // The known sizes of the containers that begin at one cell.
  struct Range {
    uint32_t checked = 0;   // this many lie behind their elements
    uint32_t measured = 0;  // `depth` is that of this many
    uint16_t depth = 0;
  };

  // Measures a cell that may refer to the cells before `limit`.
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
