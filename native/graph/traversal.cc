#include "graph/traversal.h"

#include <utility>
#include <vector>

namespace flatmanifest {

namespace {

// Checks in two passes over the columns what Document::Neighbours checks row by row.
void RequireInRange(const Document& document, const CsrColumns& csr) {
  const uint32_t rows = document.resources().graph_count;
  bool is_sound = csr.indptr.back() <= csr.indices.size();
  for (Row row = 0; row < rows; ++row) is_sound &= csr.indptr[row] <= csr.indptr[row + 1];
  for (const Row neighbour : csr.indices) is_sound &= neighbour < rows;
  if (is_sound) return;
  for (Row row = 0; row < rows; ++row) document.Neighbours(csr, row);  // says what is wrong
}

}  // namespace

Dependencies::Dependencies(const Document& document)
    : children_(document.children()), parents_(document.parents()) {
  RequireInRange(document, children_);
  RequireInRange(document, parents_);
}

RowSet Reach(const CsrColumns& csr, const RowSet& from, const RowSet& within, uint64_t depth) {
  RowSet reached(from.size());
  std::vector<Row> layer = from.Rows();
  std::vector<Row> next;
  for (uint64_t step = 0; step < depth && !layer.empty(); ++step) {
    next.clear();
    for (const Row row : layer) {
      for (const Row neighbour : Dependencies::Neighbours(csr, row)) {
        if (within.Contains(neighbour) && reached.Insert(neighbour)) next.push_back(neighbour);
      }
    }
    std::swap(layer, next);
  }
  return reached;
}

RowSet Successors(const CsrColumns& csr, const RowSet& from) {
  RowSet successors(from.size());
  from.ForEach([&](Row row) {
    for (const Row neighbour : Dependencies::Neighbours(csr, row)) successors.Insert(neighbour);
  });
  return successors;
}

}  // namespace flatmanifest
