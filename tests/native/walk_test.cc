#include "graph/walk.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "testing/graph_of.h"

namespace flatmanifest {
namespace {

using testing::DigraphOf;
using testing::Rows;

Rows From(const Digraph& graph, Row row, uint64_t depth = kAnyDepth) {
  return WalkFrom(row, graph.row_limit(), depth, [&](Row at, auto visit) {
    for (const Digraph::Link link : graph.Successors(at)) visit(link.row);
  });
}

Rows FromAll(const Digraph& graph, const Rows& rows, uint64_t depth = kAnyDepth) {
  return WalkFromAll(rows, graph.row_limit(), depth, [&](Row at, auto visit) {
    for (const Digraph::Link link : graph.Successors(at)) visit(link.row);
  });
}

TEST(WalkTest, NearestFirst) {
  const Digraph graph = DigraphOf({{0, 1}, {1, 2}, {0, 3}, {3, 2}, {2, 4}});
  EXPECT_EQ(From(graph, 0), (Rows{1, 3, 2, 4}));
  EXPECT_EQ(From(graph, 0, 1), (Rows{1, 3}));
  EXPECT_EQ(From(graph, 0, 2), (Rows{1, 3, 2}));
  EXPECT_EQ(From(graph, 0, 0), Rows{});
  EXPECT_EQ(From(graph, 4), Rows{});
  EXPECT_EQ(FromAll(graph, {1, 3}, 1), Rows{2});
  EXPECT_EQ(FromAll(graph, {1, 3}, 0), Rows{});
}

TEST(WalkTest, ACycleLeadsBackToSomeStartsAlone) {
  const Digraph graph = DigraphOf({{0, 1}, {1, 0}, {2, 0}});
  EXPECT_EQ(From(graph, 0), Rows{1});
  EXPECT_EQ(FromAll(graph, {0}), (Rows{1, 0}));
  EXPECT_EQ(FromAll(graph, {0, 2}), (Rows{1, 0}));
  EXPECT_EQ(FromAll(graph, {}), Rows{});
}

TEST(WalkTest, AWalkThatFailsLeavesNothingBehind) {
  const Digraph graph = DigraphOf({{0, 1}, {1, 2}});
  const auto fail = [](Row at, auto visit) {
    visit(at + 1);
    if (at == 1) throw std::runtime_error("no");
  };
  EXPECT_THROW(WalkFrom(0, 3, kAnyDepth, fail), std::runtime_error);
  EXPECT_EQ(From(graph, 0), (Rows{1, 2}));
}

TEST(WalkTest, RowsAreMetOnce) {
  MetRows met(200);
  EXPECT_TRUE(met.Insert(199));
  EXPECT_TRUE(met.Insert(0));
  EXPECT_FALSE(met.Insert(199));
  EXPECT_EQ(met.size(), 2U);
  EXPECT_EQ(met[0], 199U);
  EXPECT_EQ(met.Take(), (Rows{199, 0}));
}

}  // namespace
}  // namespace flatmanifest
