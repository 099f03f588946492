#include "format/scalar.h"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string>

namespace flatmanifest {

bool IsInteger(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  return !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos &&
         (token.size() == 1 || token.front() != '0');
}

size_t DigitCount(std::string_view integer) {
  return integer.size() - (integer.starts_with('-') ? 1 : 0);
}

std::string_view BigInt(const Document& document, Cell cell) {
  const std::string_view digits = document.String(cell.index());
  if (DigitCount(digits) > kMaxDigits) {
    document.Fail("an integer of more than " + std::to_string(kMaxDigits) +
                  " digits (damaged file)");
  }
  if (!IsInteger(digits)) document.Fail("a large integer has no digits (damaged file)");
  return digits;
}

void CheckDate(const Document& document, uint32_t ordinal) {
  if (ordinal == 0 || ordinal > kLastDay) document.Fail("a date out of range (damaged file)");
}

void CheckDateTime(const Document& document, uint64_t microseconds, uint32_t zone) {
  if (microseconds >= kLastDay * kMicrosecondsPerDay) {
    document.Fail("a datetime out of range (damaged file)");
  }
  const int offset = static_cast<int>(zone) - static_cast<int>(Cell::kUtc);
  if (zone != 0 && std::abs(offset) >= kSecondsPerDay) {
    document.Fail("a time zone out of range (damaged file)");
  }
}

void CheckScalar(const Document& document, Cell cell) {
  switch (cell.kind()) {
    case CellKind::kNull:
    case CellKind::kFalse:
    case CellKind::kTrue:
    case CellKind::kInt:
    case CellKind::kString:
      return;
    case CellKind::kWideInt:
    case CellKind::kWideUint:
    case CellKind::kDouble:
      document.Wide(cell);
      return;
    case CellKind::kBigInt:
      BigInt(document, cell);
      return;
    case CellKind::kDate:
      return CheckDate(document, cell.index());
    case CellKind::kDateTime:
      return CheckDateTime(document, document.Wide(cell), cell.aux());
    case CellKind::kArray:
    case CellKind::kObject:
      break;
  }
  document.Fail("a value of unknown kind (damaged file)");
}

namespace {

bool HasDateIn(const Document& document, Cell value, std::span<const std::string> apart,
               WalkGuard& guard) {
  if (value.is(CellKind::kDate) || value.is(CellKind::kDateTime)) return true;
  if (!value.is(CellKind::kArray) && !value.is(CellKind::kObject)) return false;
  const auto elements = document.Elements(value);
  const WalkGuard::Level level(guard, elements.size());
  const auto keys =
      value.is(CellKind::kObject) ? document.Keys(value) : std::span<const StringId>();
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!apart.empty() && !keys.empty() &&
        std::find(apart.begin(), apart.end(), document.String(keys[i])) != apart.end()) {
      continue;
    }
    if (HasDateIn(document, elements[i], {}, guard)) return true;
  }
  return false;
}

}  // namespace

bool HasDate(const Document& document, Cell value, std::span<const std::string> apart) {
  WalkGuard guard(document);
  return HasDateIn(document, value, apart, guard);
}

}  // namespace flatmanifest
