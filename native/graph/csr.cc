#include "graph/csr.h"

#include <algorithm>
#include <numeric>

namespace flatmanifest {

namespace {

// Turns counts per row, each stored one place to the right, into offsets.
void Accumulate(std::vector<uint32_t>& indptr) {
  std::partial_sum(indptr.begin(), indptr.end(), indptr.begin());
}

}  // namespace

CsrRows BuildCsr(uint32_t row_count, const std::vector<Edge>& edges) {
  CsrRows grouped{std::vector<uint32_t>(size_t{row_count} + 1, 0),
                  std::vector<uint32_t>(edges.size())};
  for (const Edge& edge : edges) ++grouped.indptr[edge.from + 1];
  Accumulate(grouped.indptr);
  std::vector<uint32_t> next(grouped.indptr.begin(), grouped.indptr.end() - 1);
  for (const Edge& edge : edges) grouped.indices[next[edge.from]++] = edge.to;

  CsrRows csr;
  csr.indptr.reserve(size_t{row_count} + 1);
  csr.indptr.push_back(0);
  csr.indices.reserve(edges.size());
  for (uint32_t row = 0; row < row_count; ++row) {
    const auto begin = grouped.indices.begin() + grouped.indptr[row];
    const auto end = grouped.indices.begin() + grouped.indptr[row + 1];
    std::sort(begin, end);
    std::unique_copy(begin, end, std::back_inserter(csr.indices));
    csr.indptr.push_back(static_cast<uint32_t>(csr.indices.size()));
  }
  return csr;
}

CsrRows Transpose(const CsrRows& csr) {
  CsrRows transposed{std::vector<uint32_t>(csr.indptr.size(), 0),
                     std::vector<uint32_t>(csr.indices.size())};
  for (const uint32_t to : csr.indices) ++transposed.indptr[to + 1];
  Accumulate(transposed.indptr);
  std::vector<uint32_t> next(transposed.indptr.begin(), transposed.indptr.end() - 1);
  // Rows are visited in ascending order, so each transposed row is sorted.
  for (uint32_t from = 0; from + 1 < csr.indptr.size(); ++from) {
    for (uint32_t i = csr.indptr[from]; i < csr.indptr[from + 1]; ++i) {
      transposed.indices[next[csr.indices[i]]++] = from;
    }
  }
  return transposed;
}

}  // namespace flatmanifest
