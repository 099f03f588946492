// A resource of one of two compared documents, with access to its fields.

#ifndef FLATMANIFEST_SELECT_STATE_RESOURCE_H_
#define FLATMANIFEST_SELECT_STATE_RESOURCE_H_

#include <optional>
#include <string_view>

#include "format/document.h"
#include "select/row_fields.h"

namespace flatmanifest {

// A value and its document, which it borrows.
struct Value {
  const Document* document;
  Cell cell;

  // A member of an object; null if it is missing, or this is no object.
  Value Get(std::string_view name) const;
  // A member of an object; nothing if it is missing, unlike one that is null.
  std::optional<Value> Find(std::string_view name) const;
  // The text of a string; `otherwise` for other values.
  std::string_view Text(std::string_view otherwise = {}) const;
  bool is_null() const { return cell.is(CellKind::kNull); }
  // bool(value) in Python.
  bool IsTrue() const;
};

// The root of a document.
inline Value RootOf(const Document& document) { return {&document, document.root()}; }

// Calls visit(key, value) for the members of an object, in its order.
template <typename Visit>
void ForEachMember(const Value& object, Visit visit) {
  if (!object.cell.is(CellKind::kObject)) return;
  const auto keys = object.document->Keys(object.cell);
  const auto values = object.document->Elements(object.cell);
  for (size_t i = 0; i < keys.size(); ++i) {
    visit(object.document->String(keys[i]), Value{object.document, values[i]});
  }
}

// Calls visit(element) for the elements of an array.
template <typename Visit>
void ForEachElement(const Value& array, Visit visit) {
  if (!array.cell.is(CellKind::kArray)) return;
  for (const Cell cell : array.document->Elements(array.cell)) visit(Value{array.document, cell});
}

struct Resource {
  Value value;
  Collection collection;

  Value Get(std::string_view name) const { return value.Get(name); }
  std::string_view type() const { return Get("resource_type").Text(); }
  bool IsModel() const { return collection == Collection::kNodes && type() == "model"; }
  bool IsGenericTest() const { return type() == "test" && Get("test_metadata").IsTrue(); }
  // Whether dbt makes a ParsedNode of it: all nodes, and functions.
  bool IsNode() const {
    return collection == Collection::kNodes || collection == Collection::kFunctions;
  }
};

// The resource of a row of the graph.
inline Resource ResourceAt(const Document& document, Row row) {
  return {{&document, document.resources().value[row]}, CollectionOf(document, row)};
}

// a == b in Python: dicts without regard to order, 1 == 1.0 == True.
bool Equal(const Value& a, const Value& b);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_RESOURCE_H_
