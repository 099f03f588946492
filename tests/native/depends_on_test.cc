#include "graph/depends_on.h"

#include <gtest/gtest.h>

#include "testing/graph_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

TEST(DependsOnTest, ReadsTheListAsItIsWritten) {
  const FileImage image = testing::Convert(
      testing::ManifestOf({{"model.a", "nodes", {"model.b", "model.gone", "model.b", "macro.a"}},
                           {"model.b", "nodes", {}},
                           {"macro.a", "macros", {}}}));
  const Document document = testing::Open(image);
  DependsOn depends_on(document);
  testing::Rows parents;
  for (const Cell name : depends_on.Names(document.resources().value[0])) {
    parents.push_back(depends_on.Parent(name));
  }
  EXPECT_EQ(parents, (testing::Rows{1, kNoRow, 1, kNoRow}));
  EXPECT_TRUE(depends_on.Names(document.resources().value[1]).empty());
  EXPECT_EQ(depends_on.RowOf(kNoString), kNoRow);
  EXPECT_EQ(depends_on.Parent(Cell::SmallInt(0)), kNoRow);
  EXPECT_TRUE(depends_on.Names(Cell::Null()).empty());
}

}  // namespace
}  // namespace flatmanifest
