#include "select/python_repr.h"

#include <charconv>
#include <iterator>

#include "select/python_text.h"

namespace flatmanifest {

namespace {

std::string FloatRepr(double value) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  std::string text(digits, end);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

void AppendRepr(const Document& document, Cell cell, WalkGuard& guard, std::string& out) {
  switch (cell.kind()) {
    case CellKind::kNull:
      out += "None";
      return;
    case CellKind::kFalse:
      out += "False";
      return;
    case CellKind::kTrue:
      out += "True";
      return;
    case CellKind::kInt:
      out += std::to_string(cell.small_int());
      return;
    case CellKind::kWideInt:
      out += std::to_string(static_cast<int64_t>(document.Wide(cell)));
      return;
    case CellKind::kWideUint:
      out += std::to_string(document.Wide(cell));
      return;
    case CellKind::kDouble:
      out += FloatRepr(document.Double(cell));
      return;
    case CellKind::kBigInt:
      out += document.String(cell.index());
      return;
    case CellKind::kString:
      out += Repr(document.String(cell.index()));
      return;
    case CellKind::kArray:
    case CellKind::kObject: {
      const bool is_object = cell.is(CellKind::kObject);
      const auto elements = document.Elements(cell);
      const WalkGuard::Level level(guard, elements.size());
      out += is_object ? '{' : '[';
      for (size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) out += ", ";
        if (is_object) out += Repr(document.String(document.Keys(cell)[i])) + ": ";
        AppendRepr(document, elements[i], guard, out);
      }
      out += is_object ? '}' : ']';
      return;
    }
    default:
      // YAML selectors contain no dates and times.
      document.Fail("a selector holds a value that JSON has not");
  }
}

}  // namespace

std::string Repr(const Document& document, Cell cell) {
  WalkGuard guard(document);
  std::string repr;
  AppendRepr(document, cell, guard, repr);
  return repr;
}

std::string Str(const Document& document, Cell cell) {
  if (cell.is(CellKind::kString)) return std::string(document.String(cell.index()));
  return Repr(document, cell);
}

std::string TypeName(Cell cell) {
  switch (cell.kind()) {
    case CellKind::kNull:
      return "NoneType";
    case CellKind::kFalse:
    case CellKind::kTrue:
      return "bool";
    case CellKind::kDouble:
      return "float";
    case CellKind::kString:
      return "str";
    case CellKind::kArray:
      return "list";
    case CellKind::kObject:
      return "dict";
    default:
      return "int";
  }
}

}  // namespace flatmanifest
