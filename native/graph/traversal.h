// Walks over the edges of a manifest, in the mapping.
//
// The results are dbt's (dbt/graph/graph.py, class Graph), also for a cyclic graph, where a row may
// be among its own ancestors.

#ifndef FLATMANIFEST_GRAPH_TRAVERSAL_H_
#define FLATMANIFEST_GRAPH_TRAVERSAL_H_

#include <cstdint>
#include <limits>
#include <span>

#include "format/document.h"
#include "graph/row_set.h"

namespace flatmanifest {

inline constexpr uint64_t kAnyDepth = std::numeric_limits<uint64_t>::max();

// The graph of a document with all rows in range: the checks of Document at each access are done
// here once. Borrows the document's bytes.
class Dependencies {
 public:
  // Takes time linear in the graph. Throws FormatError.
  explicit Dependencies(const Document& document);

  uint32_t size() const { return static_cast<uint32_t>(children_.indptr.size() - 1); }
  const CsrColumns& children() const { return children_; }
  const CsrColumns& parents() const { return parents_; }
  std::span<const Row> Children(Row row) const { return Neighbours(children_, row); }
  std::span<const Row> Parents(Row row) const { return Neighbours(parents_, row); }

  static std::span<const Row> Neighbours(const CsrColumns& csr, Row row) {
    return csr.indices.subspan(csr.indptr[row], csr.indptr[row + 1] - csr.indptr[row]);
  }

 private:
  CsrColumns children_;
  CsrColumns parents_;
};

// The rows that a walk of 1 to `depth` edges from any of `from` reaches through rows of `within`
// only; `from` must be among those. A row of `from` is in the result only if another (or, in a
// cycle, itself) leads to it. With `csr` of children this is dbt's select_children; with parents,
// select_parents.
RowSet Reach(const CsrColumns& csr, const RowSet& from, const RowSet& within,
             uint64_t depth = kAnyDepth);

// The rows one edge from any of `from`: dbt's select_successors.
RowSet Successors(const CsrColumns& csr, const RowSet& from);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_TRAVERSAL_H_
