// Builds compressed sparse rows. docs/format.md defines the form; format/document.h reads it.

#ifndef FLATMANIFEST_GRAPH_CSR_H_
#define FLATMANIFEST_GRAPH_CSR_H_

#include <vector>

#include "format/cell.h"
#include "format/writer.h"

namespace flatmanifest {

// An edge between two rows.
struct Edge {
  Row from;
  Row to;
};

// The target rows of each row's edges, sorted and distinct. All rows must be below `row_count`.
CsrRows BuildCsr(uint32_t row_count, const std::vector<Edge>& edges);

// The same edges in the other direction.
CsrRows Transpose(const CsrRows& csr);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_CSR_H_
