#include "graph/csr.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace flatmanifest {
namespace {

using Indices = std::vector<uint32_t>;

// The meaning of CSR: the distinct neighbours of each row, in order.
using NeighbourSets = std::vector<std::set<Row>>;

NeighbourSets ToSets(const CsrRows& csr) {
  NeighbourSets sets(csr.indptr.size() - 1);
  for (size_t row = 0; row < sets.size(); ++row) {
    sets[row].insert(csr.indices.begin() + csr.indptr[row],
                     csr.indices.begin() + csr.indptr[row + 1]);
  }
  return sets;
}

void ExpectWellFormed(const CsrRows& csr) {
  ASSERT_FALSE(csr.indptr.empty());
  EXPECT_EQ(csr.indptr.front(), 0U);
  EXPECT_EQ(csr.indptr.back(), csr.indices.size());
  for (size_t row = 0; row + 1 < csr.indptr.size(); ++row) {
    ASSERT_LE(csr.indptr[row], csr.indptr[row + 1]);
    for (uint32_t i = csr.indptr[row] + 1; i < csr.indptr[row + 1]; ++i) {
      EXPECT_LT(csr.indices[i - 1], csr.indices[i]) << "row " << row;
    }
  }
}

TEST(CsrTest, NoRows) {
  const CsrRows csr = BuildCsr(0, {});
  EXPECT_EQ(csr.indptr, Indices{0});
  EXPECT_TRUE(csr.indices.empty());
  EXPECT_EQ(Transpose(csr).indptr, Indices{0});
}

TEST(CsrTest, RowsWithoutEdges) {
  const CsrRows csr = BuildCsr(3, {});
  EXPECT_EQ(csr.indptr, (Indices{0, 0, 0, 0}));
  EXPECT_EQ(Transpose(csr).indptr, (Indices{0, 0, 0, 0}));
}

TEST(CsrTest, SortsAndMergesEdges) {
  const CsrRows csr = BuildCsr(4, {{2, 3}, {0, 2}, {0, 1}, {2, 3}, {0, 2}, {2, 0}});
  EXPECT_EQ(csr.indptr, (Indices{0, 2, 2, 4, 4}));
  EXPECT_EQ(csr.indices, (Indices{1, 2, 0, 3}));
}

TEST(CsrTest, TransposeTurnsEdgesRound) {
  const CsrRows transposed = Transpose(BuildCsr(4, {{2, 3}, {0, 2}, {0, 1}, {2, 0}}));
  EXPECT_EQ(transposed.indptr, (Indices{0, 1, 2, 3, 4}));
  EXPECT_EQ(transposed.indices, (Indices{2, 0, 0, 2}));
}

TEST(CsrTest, KeepsLoopsAndCycles) {
  const CsrRows csr = BuildCsr(2, {{0, 0}, {0, 1}, {1, 0}});
  EXPECT_EQ(csr.indices, (Indices{0, 1, 0}));
  EXPECT_EQ(Transpose(csr).indices, (Indices{0, 1, 0}));
}

TEST(CsrTest, RandomGraphsAgreeWithSets) {
  std::mt19937 random(7);
  for (int graph = 0; graph < 300; ++graph) {
    const auto rows = static_cast<uint32_t>(1 + random() % 30);
    NeighbourSets expected(rows);
    NeighbourSets expected_back(rows);
    std::vector<Edge> edges(random() % 200);
    for (Edge& edge : edges) {
      edge = {static_cast<Row>(random() % rows), static_cast<Row>(random() % rows)};
      expected[edge.from].insert(edge.to);
      expected_back[edge.to].insert(edge.from);
    }
    const CsrRows csr = BuildCsr(rows, edges);
    const CsrRows back = Transpose(csr);
    ExpectWellFormed(csr);
    ExpectWellFormed(back);
    EXPECT_EQ(ToSets(csr), expected);
    EXPECT_EQ(ToSets(back), expected_back);
  }
}

}  // namespace
}  // namespace flatmanifest
