#include "select/row_fields.h"

namespace flatmanifest {

std::optional<double> NumberOf(const Document& document, Cell cell) {
  switch (cell.kind()) {
    case CellKind::kFalse:
      return 0.0;
    case CellKind::kTrue:
      return 1.0;
    case CellKind::kInt:
      return static_cast<double>(cell.small_int());
    case CellKind::kWideInt:
      return static_cast<double>(static_cast<int64_t>(document.Wide(cell)));
    case CellKind::kWideUint:
      return static_cast<double>(document.Wide(cell));
    case CellKind::kDouble:
      return document.Double(cell);
    default:
      return std::nullopt;
  }
}

}  // namespace flatmanifest
