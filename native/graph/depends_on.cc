#include "graph/depends_on.h"

#include <limits>

namespace flatmanifest {

namespace {

constexpr uint32_t kUnknown = std::numeric_limits<uint32_t>::max();
constexpr uint32_t kNowhere = kUnknown - 1;

}  // namespace

DependsOn::DependsOn(const Document& document)
    : document_(document),
      row_of_(document.string_offsets().size() - 1, kNoRow),
      depends_on_{"depends_on", std::vector(document.shape_offsets().size() - 1, kUnknown)},
      nodes_{"nodes", depends_on_.of_shape} {
  const auto ids = document.resources().unique_id.first(document.resources().graph_count);
  for (Row row = 0; row < ids.size(); ++row) {
    document.String(ids[row]);  // throws if there is no such string
    row_of_[ids[row]] = row;
  }
}

std::span<const Cell> DependsOn::Names(Cell resource) {
  const Cell names = Find(Find(resource, depends_on_), nodes_);
  return names.is(CellKind::kArray) ? document_.Elements(names) : std::span<const Cell>();
}

Row DependsOn::Parent(Cell name) const {
  return name.is(CellKind::kString) ? RowOf(name.index()) : kNoRow;
}

Cell DependsOn::Find(Cell object, Places& places) {
  if (!object.is(CellKind::kObject)) return Cell::Null();
  const auto elements = document_.Elements(object);  // throws if there is no such shape
  uint32_t& place = places.of_shape[object.aux()];
  if (place == kUnknown) place = document_.FindKey(object, places.key).value_or(kNowhere);
  return place < elements.size() ? elements[place] : Cell::Null();
}

}  // namespace flatmanifest
