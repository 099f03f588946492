// Fields of a resource that are not in the columns, or have another form there.

#ifndef FLATMANIFEST_SELECT_ROW_FIELDS_H_
#define FLATMANIFEST_SELECT_ROW_FIELDS_H_

#include <optional>
#include <string_view>

#include "format/document.h"

namespace flatmanifest {

inline Collection CollectionOf(const Document& document, Row row) {
  return static_cast<Collection>(document.resources().collection[row]);
}

// The string of a column; "" for none.
inline std::string_view ColumnText(const Document& document, StringId id) {
  return id == kNoString ? std::string_view() : document.String(id);
}

// A field of an object; nothing if `object` is no object, or lacks the field.
inline std::optional<Cell> FindField(const Document& document, Cell object, std::string_view name) {
  return object.is(CellKind::kObject) ? document.Find(object, name) : std::nullopt;
}

// A field that is a string; nothing if it is missing or no string.
inline std::optional<std::string_view> FindText(const Document& document, Cell object,
                                                std::string_view name) {
  const auto cell = FindField(document, object, name);
  if (!cell || !cell->is(CellKind::kString)) return std::nullopt;
  return document.String(cell->index());
}

// The number as which Python compares a bool or a number; nothing for other values. Integers beyond
// 2^53 are rounded.
std::optional<double> NumberOf(const Document& document, Cell cell);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_ROW_FIELDS_H_
