// A resource of one of two documents that are compared, by its own fields.

#ifndef FLATMANIFEST_SELECT_STATE_RESOURCE_H_
#define FLATMANIFEST_SELECT_STATE_RESOURCE_H_

#include <optional>
#include <string_view>

#include "format/document.h"

namespace flatmanifest {

// A value and the document that it is in. Borrows the document.
struct Value {
  const Document* document;
  Cell cell;

  // A member of an object; null where there is none, or it is no object.
  Value Get(std::string_view name) const;
  // The same, told apart from a member that is null.
  std::optional<Value> Find(std::string_view name) const;
  // The text of a string, `otherwise` for all else.
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
  // What dbt makes a ParsedNode of: all nodes, and functions.
  bool IsNode() const {
    return collection == Collection::kNodes || collection == Collection::kFunctions;
  }
};

// a == b in Python: dicts without regard to order, 1 == 1.0 == True.
bool Equal(const Value& a, const Value& b);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_RESOURCE_H_
