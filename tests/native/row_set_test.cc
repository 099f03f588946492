// Small sets are lists, and large sets are bits; both must behave like std::set.

#include "graph/row_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <vector>

namespace flatmanifest {
namespace {

constexpr uint32_t kSize = 5'000;  // a list of 35 rows at most

struct Pair {
  RowSet ours{kSize};
  std::set<Row> model;
};

Pair Some(size_t count, std::mt19937& random) {
  Pair made;
  for (size_t i = 0; i < count; ++i) {
    const Row row = std::uniform_int_distribution<Row>(0, kSize - 1)(random);
    EXPECT_EQ(made.ours.Insert(row), made.model.insert(row).second);
  }
  return made;
}

void ExpectSame(const RowSet& ours, const std::set<Row>& model) {
  EXPECT_EQ(ours.Rows(), std::vector<Row>(model.begin(), model.end()));
  EXPECT_EQ(ours.Count(), model.size());
  EXPECT_EQ(ours.empty(), model.empty());
  for (const Row row : {Row{0}, Row{63}, Row{64}, Row{kSize - 1}}) {
    EXPECT_EQ(ours.Contains(row), model.contains(row));
  }
  for (const Row row : model) EXPECT_TRUE(ours.Contains(row));
  RowSet again(kSize);
  for (const Row row : model) again.Insert(row);
  EXPECT_EQ(ours, again);
  EXPECT_EQ(again, ours);
  if (model.empty()) return;
  again.Erase(*model.begin());
  EXPECT_NE(ours, again);
  EXPECT_NE(again, ours);
}

TEST(RowSetTest, IsASetHoweverManyRowsItHas) {
  std::mt19937 random(1);
  for (const size_t first : {0, 1, 20, 34, 35, 36, 100, 3'000}) {
    for (const size_t second : {0, 1, 34, 36, 500}) {
      SCOPED_TRACE(std::to_string(first) + ", " + std::to_string(second));
      const auto [a, model_a] = Some(first, random);
      const auto [b, model_b] = Some(second, random);
      ExpectSame(a, model_a);
      std::set<Row> both;
      std::set<Row> united = model_a;
      std::set<Row> less;
      united.insert(model_b.begin(), model_b.end());
      std::ranges::set_intersection(model_a, model_b, std::inserter(both, both.end()));
      std::ranges::set_difference(model_a, model_b, std::inserter(less, less.end()));
      ExpectSame(a | b, united);
      ExpectSame(a & b, both);
      ExpectSame(a - b, less);
    }
  }
}

TEST(RowSetTest, RowsAreErased) {
  std::mt19937 random(2);
  for (const size_t count : {1, 30, 400}) {
    auto [ours, model] = Some(count, random);
    for (const Row row : std::vector<Row>(model.begin(), model.end())) {
      ours.Erase(row);
      ours.Erase(row);
      model.erase(row);
      EXPECT_FALSE(ours.Contains(row));
    }
    ExpectSame(ours, model);
  }
}

TEST(RowSetTest, All) {
  for (const uint32_t size : {0U, 1U, 63U, 64U, 65U}) {
    const RowSet all = RowSet::All(size);
    EXPECT_EQ(all.Count(), size);
    EXPECT_EQ(all - all, RowSet(size));
  }
}

}  // namespace
}  // namespace flatmanifest
