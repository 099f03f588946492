// What a manifest says that a resource depends on: the list depends_on.nodes, as it is written.
//
// The graph's columns hold the same sorted, distinct, and without what does not exist; dbt's order
// and its errors come from the list.

#ifndef FLATMANIFEST_GRAPH_DEPENDS_ON_H_
#define FLATMANIFEST_GRAPH_DEPENDS_ON_H_

#include <span>
#include <string_view>
#include <vector>

#include "format/document.h"

namespace flatmanifest {

// Reads the lists of one document. Borrows it. For one thread at a time: it remembers where each
// shape of object has its keys.
class DependsOn {
 public:
  // Takes time linear in the document's strings, and as many four bytes of memory.
  explicit DependsOn(const Document& document);

  // The elements of depends_on.nodes of a resource, none if there is no such list; those that are
  // not strings are no dependencies, for Parent and for dbt. Throws FormatError.
  std::span<const Cell> Names(Cell resource);
  // The graph's row that an element of Names is the unique_id of, kNoRow if there is none.
  Row Parent(Cell name) const;
  // The same for a string.
  Row RowOf(StringId name) const { return name < row_of_.size() ? row_of_[name] : kNoRow; }

 private:
  // Where the objects of each shape have one key.
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
