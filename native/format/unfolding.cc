#include "format/unfolding.h"

#include <algorithm>
#include <string>

#include "format/document.h"
#include "format/interruption.h"

namespace flatmanifest {

namespace {

constexpr uint64_t kValuesPerByte = 128;
constexpr uint64_t kFewValues = uint64_t{1} << 20;
constexpr uint64_t kTextPerByte = 1'024;
constexpr uint64_t kLittleText = uint64_t{64} << 20;
// With this limit, sums over all cells (fewer than 2^28) stay below 2^61.
constexpr uint64_t kMostText = uint64_t{8} << 30;
constexpr uint64_t kTextOfValue = 8;
constexpr uint64_t kStepsPerCell = 16;

}  // namespace

uint64_t MostValues(size_t file_size) {
  return std::max(kFewValues, kValuesPerByte * uint64_t{file_size});
}

uint64_t MostText(size_t file_size) {
  return std::min(kMostText, std::max(kLittleText, kTextPerByte * uint64_t{file_size}));
}

Unfolding::Unfolding(const Document& document)
    : document_(document),
      most_values_(std::min(document.header().value_count, MostValues(document.bytes().size()))),
      most_text_(MostText(document.bytes().size())) {
  const auto shapes = document.shape_offsets();
  keys_.reserve(shapes.size());
  for (ShapeId shape = 0; shape + 1 < shapes.size(); ++shape) {
    uint64_t bytes = 0;
    for (const StringId key : document.Keys(Cell::Object(shape, 0))) {
      bytes += document.String(key).size();
    }
    keys_.push_back(bytes);
  }
  const auto cells = document.cells();
  values_before_.assign(cells.size() + 1, 0);
  text_before_.assign(cells.size() + 1, 0);
  depth_.assign(cells.size(), 0);
  ranges_.assign(cells.size(), {});
  Patience patience;
  for (size_t i = 0; i < cells.size(); ++i) {
    patience.Step();
    const Unfolded size = Measure(cells[i], i);
    values_before_[i + 1] = values_before_[i] + size.values;
    text_before_[i + 1] = text_before_[i] + size.text;
    depth_[i] = static_cast<uint16_t>(size.depth);
  }
}

void Unfolding::Check(const Unfolded& size) const {
  if (size.values > most_values_) {
    document_.Fail("a value unfolds to more values than the header says (damaged file)");
  }
  if (size.text > most_text_) {
    document_.Fail("a value unfolds to over " + std::to_string(most_text_) +
                   " bytes of text, which no manifest of this size does (damaged file)");
  }
  if (size.depth > kMaxDepth) document_.Fail("containers are nested too deeply (damaged file)");
}

void Unfolding::Step(size_t count) {
  steps_ += count;
  if (steps_ > kStepsPerCell * (document_.cells().size() + 1)) {
    document_.Fail("containers overlap (damaged file)");
  }
}

// Writers write bottom up, so the elements of a container lie before its range. They store each
// range once, so checking a range again for another length of it takes next to no steps.
int Unfolding::DepthOf(Cell container, std::span<const Cell> elements) {
  if (elements.empty()) return 1;
  Range& range = ranges_[container.index()];
  if (elements.size() > range.checked) {
    Step(elements.size() - range.checked);
    for (const Cell element : elements.subspan(range.checked)) {
      document_.CheckNesting(container, element);
    }
    range.checked = static_cast<uint32_t>(elements.size());
  }
  if (elements.size() != range.measured) {
    Step(elements.size());
    const auto first = depth_.begin() + container.index();
    range.depth = *std::max_element(first, first + static_cast<std::ptrdiff_t>(elements.size()));
    range.measured = static_cast<uint32_t>(elements.size());
  }
  return 1 + range.depth;
}

Unfolded Unfolding::Measure(Cell cell, size_t limit) {
  Unfolded size{1, kTextOfValue, 0};
  if (cell.is(CellKind::kString) || cell.is(CellKind::kBigInt)) {
    size.text += document_.String(cell.index()).size();
  } else if (cell.is_container()) {
    const auto elements = document_.Elements(cell);
    const size_t begin = elements.empty() ? 0 : cell.index();
    const size_t end = begin + elements.size();
    if (end > limit) document_.Fail("a container holds what was written after it (damaged file)");
    size.values += values_before_[end] - values_before_[begin];
    size.text += text_before_[end] - text_before_[begin];
    if (cell.is(CellKind::kObject)) size.text += keys_[cell.aux()];
    size.depth = DepthOf(cell, elements);
  }
  Check(size);
  return size;
}

}  // namespace flatmanifest
