#include "select/state/resource.h"

#include "select/row_fields.h"

namespace flatmanifest {

namespace {

class Comparison {
 public:
  Comparison(const Document& a, const Document& b) : a_(a), b_(b), guard_(a) {}

  bool Equal(Cell a, Cell b) {
    if (&a_ == &b_ && a == b) return true;
    if (a.is(CellKind::kString) && b.is(CellKind::kString)) {
      return a_.String(a.index()) == b_.String(b.index());
    }
    if (a.is(CellKind::kArray) && b.is(CellKind::kArray)) return EqualArrays(a, b);
    if (a.is(CellKind::kObject) && b.is(CellKind::kObject)) return EqualObjects(a, b);
    if (a.is(CellKind::kNull) || b.is(CellKind::kNull)) return a.kind() == b.kind();
    const auto number = NumberOf(a_, a);
    return number && number == NumberOf(b_, b);
  }

 private:
  bool EqualArrays(Cell a, Cell b) {
    const auto elements = a_.Elements(a);
    const auto others = b_.Elements(b);
    const WalkGuard::Level level(guard_, elements.size());
    if (elements.size() != others.size()) return false;
    for (size_t i = 0; i < elements.size(); ++i) {
      if (!Equal(elements[i], others[i])) return false;
    }
    return true;
  }

  bool EqualObjects(Cell a, Cell b) {
    const auto keys = a_.Keys(a);
    const auto values = a_.Elements(a);
    const WalkGuard::Level level(guard_, values.size());
    const auto other_keys = b_.Keys(b);
    const auto other_values = b_.Elements(b);
    if (keys.size() != other_keys.size()) return false;
    for (size_t i = 0; i < keys.size(); ++i) {
      const std::string_view key = a_.String(keys[i]);
      // Most objects have the same keys in the same order as before.
      const auto other =
          b_.String(other_keys[i]) == key ? std::optional(other_values[i]) : b_.Find(b, key);
      if (!other || !Equal(values[i], *other)) return false;
    }
    return true;
  }

  const Document& a_;
  const Document& b_;
  WalkGuard guard_;
};

}  // namespace

std::optional<Value> Value::Find(std::string_view name) const {
  const auto found = FindField(*document, cell, name);
  if (!found) return std::nullopt;
  return Value{document, *found};
}

Value Value::Get(std::string_view name) const {
  return Find(name).value_or(Value{document, Cell::Null()});
}

std::string_view Value::Text(std::string_view otherwise) const {
  return cell.is(CellKind::kString) ? document->String(cell.index()) : otherwise;
}

bool Value::IsTrue() const {
  if (cell.is(CellKind::kString)) return !document->String(cell.index()).empty();
  if (cell.is_container()) return !document->Elements(cell).empty();
  const auto number = NumberOf(*document, cell);
  return number && *number != 0;
}

bool Equal(const Value& a, const Value& b) {
  return Comparison(*a.document, *b.document).Equal(a.cell, b.cell);
}

}  // namespace flatmanifest
