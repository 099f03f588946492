// A resource of one of two compared documents, with access to its fields.

#ifndef FLATMANIFEST_SELECT_STATE_RESOURCE_H_
#define FLATMANIFEST_SELECT_STATE_RESOURCE_H_

#include <optional>
#include <string_view>

#include "format/document.h"

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

struct Resource {
  Value value;
  Collection collection;

  Value Get(std::string_view name) const { return value.Get(name); }
  std::string_view type() const { return Get("resource_type").Text(); }
  bool IsModel() const { return collection == Collection::kNodes && type() == "model"; }
  // Whether dbt makes a ParsedNode of it: all nodes, and functions.
  bool IsNode() const {
    return collection == Collection::kNodes || collection == Collection::kFunctions;
  }
};

// a == b in Python: dicts without regard to order, 1 == 1.0 == True.
bool Equal(const Value& a, const Value& b);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_RESOURCE_H_
