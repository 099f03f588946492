#include "format/copier.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::FinishWithoutResources;
using testing::JsonOf;
using testing::Open;

TEST(CopierTest, CopiesValuesOfEveryKind) {
  Writer from;
  const StringId key = from.AddString("key");
  const std::vector<Cell> elements = {
      Cell::Null(),
      Cell::Bool(true),
      Cell::Bool(false),
      from.AddInt(-1),
      from.AddInt(std::numeric_limits<int64_t>::min()),
      from.AddUint(std::numeric_limits<uint64_t>::max()),
      from.AddBigInt("123456789012345678901234567890"),
      from.AddDouble(0.1),
      Cell::String(from.AddString("text")),
  };
  const Cell list = from.AddArray(elements);
  const Cell root = from.AddObject({&key, 1}, {&list, 1});
  const FileImage image = FinishWithoutResources(std::move(from), root);
  const Document document = Open(image);

  Writer to;
  to.AddString("others have other ids");
  Copier copier(document, to);
  const auto [copied, count] = copier.Copy(document.root());
  EXPECT_EQ(count, 1 + elements.size());
  EXPECT_EQ(copier.Copy(document.root()).cell, copied);
  const FileImage copy = FinishWithoutResources(std::move(to), copied);
  EXPECT_EQ(JsonOf(Open(copy)), JsonOf(document));
}

TEST(CopierTest, CopiesDates) {
  Writer from;
  const std::vector<Cell> elements = {from.AddDate(738'000), from.AddDateTime(1, std::nullopt),
                                      from.AddDateTime(2, -3600), from.AddDateTime(3, 0)};
  const Cell root = from.AddArray(elements);
  const FileImage image = FinishWithoutResources(std::move(from), root);
  const Document document = Open(image);
  Writer to;
  Copier copier(document, to);
  const auto copied = copier.Copy(document.root());
  const auto cells = to.Elements(copied.cell);
  ASSERT_EQ(cells.size(), elements.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    EXPECT_EQ(cells[i].kind(), elements[i].kind());
    EXPECT_EQ(cells[i].aux(), elements[i].aux());
  }
  EXPECT_EQ(cells[0], elements[0]);
}

TEST(CopierTest, SharesWhatIsShared) {
  Writer from;
  const std::vector<Cell> inner = {from.AddInt(1), from.AddInt(2)};
  const Cell pair = from.AddArray(inner);
  const std::vector<Cell> outer = {pair, pair, pair};
  const Cell root = from.AddArray(outer);
  const FileImage image = FinishWithoutResources(std::move(from), root);
  const Document document = Open(image);
  Writer to;
  const auto [copied, count] = Copier(document, to).Copy(document.root());
  EXPECT_EQ(count, 9U);
  const auto cells = to.Elements(copied);
  EXPECT_EQ(cells[0], cells[2]);
}

}  // namespace
}  // namespace flatmanifest
