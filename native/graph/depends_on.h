// The dependencies of a resource: the list depends_on.nodes of the manifest, unchanged.
//
// The graph's columns hold the same sorted, distinct, and without missing nodes; dbt's order and
// dbt's errors come from the list.

#ifndef FLATMANIFEST_GRAPH_DEPENDS_ON_H_
#define FLATMANIFEST_GRAPH_DEPENDS_ON_H_

#include <span>
#include <string_view>
#include <vector>

#include "format/document.h"

namespace flatmanifest {

// Reads the lists of one document, which it borrows. Used by one thread at a time: it remembers the
// places of keys in each shape of object.
class DependsOn {
 public:
  // Takes time linear in the document's strings, and four bytes of memory for each.
  explicit DependsOn(const Document& document);

  // The elements of a resource's depends_on.nodes; empty if there is no such list. Elements that
  // are no strings are no dependencies, for Parent and for dbt. Throws FormatError.
  std::span<const Cell> Names(Cell resource);
  // The graph's row with the unique_id `name`, an element of Names; kNoRow if there is none.
  Row Parent(Cell name) const;
  // The graph's row with this string as unique_id; kNoRow if there is none.
  Row RowOf(StringId name) const { return name < row_of_.size() ? row_of_[name] : kNoRow; }

 private:
  // The place of one key in the objects of each shape.
  struct Places {
    std::string_view key;
    std::vector<uint32_t> of_shape;
  };

  Cell Find(Cell object, Places& places);

  const Document& document_;
  std::vector<Row> row_of_;  // by string id
  Places depends_on_;
  Places nodes_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_DEPENDS_ON_H_
