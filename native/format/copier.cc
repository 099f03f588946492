#include "format/copier.h"

#include <string>
#include <vector>

#include "format/scalar.h"

namespace flatmanifest {

Copier::Copied Copier::Copy(Cell cell) {
  switch (cell.kind()) {
    case CellKind::kNull:
    case CellKind::kFalse:
    case CellKind::kTrue:
    case CellKind::kInt:
      return {cell, 0};
    case CellKind::kWideInt:
      return {to_.AddInt(static_cast<int64_t>(from_.Wide(cell))), 0};
    case CellKind::kWideUint:
      return {to_.AddUint(from_.Wide(cell)), 0};
    case CellKind::kDouble:
      return {to_.AddDouble(from_.Double(cell)), 0};
    case CellKind::kBigInt:
      return {to_.AddBigInt(BigInt(from_, cell)), 0};
    case CellKind::kString:
      return {Cell::String(CopyString(cell.index())), 0};
    case CellKind::kDate:
      CheckDate(from_, cell.index());
      return {to_.AddDate(cell.index()), 0};
    case CellKind::kDateTime: {
      CheckDateTime(from_, from_.Wide(cell), cell.aux());
      std::optional<int32_t> offset;
      if (cell.aux() != 0) offset = static_cast<int32_t>(cell.aux()) - int32_t{Cell::kUtc};
      return {to_.AddDateTime(from_.Wide(cell), offset), 0};
    }
    case CellKind::kArray:
    case CellKind::kObject:
      break;
    default:
      from_.Fail("a value of unknown kind (damaged file)");
  }
  if (const auto known = containers_.find(cell.bits()); known != containers_.end()) {
    return known->second;
  }
  const Copied copied = CopyContainer(cell);
  containers_.emplace(cell.bits(), copied);
  return copied;
}

Copier::Copied Copier::CopyContainer(Cell cell) {
  const auto elements = from_.Elements(cell);
  const WalkGuard::Level level(guard_, elements.size());
  std::vector<Cell> cells;
  cells.reserve(elements.size());
  uint64_t count = elements.size();
  for (const Cell element : elements) {
    const Copied copied = Copy(element);
    cells.push_back(copied.cell);
    count += copied.value_count;
  }
  if (cell.is(CellKind::kArray)) return {to_.AddArray(cells), count};
  std::vector<StringId> keys;
  keys.reserve(cells.size());
  for (const StringId key : from_.Keys(cell)) keys.push_back(CopyString(key));
  return {to_.AddObject(keys, cells), count};
}

StringId Copier::CopyString(StringId id) {
  const auto [entry, is_new] = strings_.try_emplace(id);
  if (is_new) {
    const std::string_view text = from_.String(id);
    entry->second = change_ ? to_.AddString(change_(text)) : to_.AddString(text);
  }
  return entry->second;
}

}  // namespace flatmanifest
