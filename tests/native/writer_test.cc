#include "format/writer.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "format/error.h"
#include "format/verify.h"
#include "testing/message_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::FinishWithoutResources;
using testing::JsonOf;
using testing::MessageOf;
using testing::Open;

constexpr int64_t kInt64Min = std::numeric_limits<int64_t>::min();
constexpr int64_t kInt64Max = std::numeric_limits<int64_t>::max();
constexpr uint64_t kUint64Max = std::numeric_limits<uint64_t>::max();

Cell AddObject(Writer& writer, const std::vector<std::pair<std::string, Cell>>& members) {
  std::vector<StringId> keys;
  std::vector<Cell> values;
  for (const auto& [key, value] : members) {
    keys.push_back(writer.AddString(key));
    values.push_back(value);
  }
  return writer.AddObject(keys, values);
}

Cell AddArray(Writer& writer, const std::vector<Cell>& elements) {
  return writer.AddArray(elements);
}

// --- strings ---

TEST(WriterTest, StoresEachStringOnce) {
  Writer writer;
  const StringId a = writer.AddString("a");
  const StringId empty = writer.AddString("");
  EXPECT_NE(a, empty);
  EXPECT_EQ(writer.AddString("a"), a);
  EXPECT_EQ(writer.AddString(""), empty);
  EXPECT_EQ(writer.string_count(), 2U);
  EXPECT_EQ(writer.String(a), "a");
  EXPECT_EQ(writer.String(empty), "");
}

TEST(WriterTest, FindsStringsThatWereAdded) {
  Writer writer;
  const StringId a = writer.AddString("a");
  EXPECT_EQ(writer.FindString("a"), a);
  EXPECT_EQ(writer.FindString("b"), kNoString);
}

TEST(WriterTest, StringsMayHoldNul) {
  Writer writer;
  const std::string text("a\0b", 3);
  const StringId id = writer.AddString(text);
  EXPECT_NE(id, writer.AddString("a"));
  EXPECT_EQ(writer.String(id), text);
}

// --- numbers ---

TEST(WriterTest, IntegersThatFitACellTakeNoSlot) {
  Writer writer;
  EXPECT_EQ(writer.AddInt(Cell::kSmallIntMax), Cell::SmallInt(Cell::kSmallIntMax));
  EXPECT_EQ(writer.AddInt(Cell::kSmallIntMin), Cell::SmallInt(Cell::kSmallIntMin));
  EXPECT_EQ(writer.AddUint(7), Cell::SmallInt(7));
}

TEST(WriterTest, WideIntegersKeepTheirKind) {
  Writer writer;
  EXPECT_EQ(writer.AddInt(Cell::kSmallIntMax + 1).kind(), CellKind::kWideInt);
  EXPECT_EQ(writer.AddInt(Cell::kSmallIntMin - 1).kind(), CellKind::kWideInt);
  EXPECT_EQ(writer.AddInt(kInt64Min).kind(), CellKind::kWideInt);
  EXPECT_EQ(writer.AddUint(static_cast<uint64_t>(kInt64Max)).kind(), CellKind::kWideInt);
  EXPECT_EQ(writer.AddUint(static_cast<uint64_t>(kInt64Max) + 1).kind(), CellKind::kWideUint);
}

TEST(WriterTest, NumbersAreReadBack) {
  Writer writer;
  const Cell smallest = writer.AddInt(kInt64Min);
  const Cell largest = writer.AddUint(kUint64Max);
  const Cell half = writer.AddDouble(0.5);
  const Cell nan = writer.AddDouble(std::numeric_limits<double>::quiet_NaN());
  const Cell big = writer.AddBigInt("-123456789012345678901234567890");
  const Cell root = AddObject(writer, {});
  const FileImage image = FinishWithoutResources(std::move(writer), root);
  const Document document = Open(image);
  EXPECT_EQ(static_cast<int64_t>(document.Wide(smallest)), kInt64Min);
  EXPECT_EQ(document.Wide(largest), kUint64Max);
  EXPECT_EQ(document.Double(half), 0.5);
  EXPECT_TRUE(std::isnan(document.Double(nan)));
  EXPECT_EQ(big.kind(), CellKind::kBigInt);
  EXPECT_EQ(document.String(big.index()), "-123456789012345678901234567890");
}

TEST(WriterTest, NumbersThatCompareEqualStayApart) {
  Writer writer;
  EXPECT_NE(writer.AddDouble(0.0), writer.AddDouble(-0.0));
  EXPECT_NE(writer.AddDouble(1.0), writer.AddInt(1));
  EXPECT_NE(Cell::Bool(true), writer.AddInt(1));
  // They have the same bits and share a slot, but are different values.
  const Cell integer = writer.AddUint(std::bit_cast<uint64_t>(-1.0));
  EXPECT_EQ(writer.AddDouble(-1.0).index(), integer.index());
  EXPECT_NE(writer.AddDouble(-1.0), integer);
}

TEST(WriterTest, EqualNumbersShareASlot) {
  Writer writer;
  EXPECT_EQ(writer.AddDouble(0.1), writer.AddDouble(0.1));
  EXPECT_EQ(writer.AddInt(kInt64Min), writer.AddInt(kInt64Min));
  EXPECT_EQ(writer.AddBigInt("99999999999999999999"), writer.AddBigInt("99999999999999999999"));
}

// --- dates ---

TEST(WriterTest, DatesAndDateTimesAreReadBack) {
  Writer writer;
  const Cell root =
      AddObject(writer, {{"date", writer.AddDate(738'000)},
                         {"naive", writer.AddDateTime(0, std::nullopt)},
                         {"utc", writer.AddDateTime(0, 0)},
                         {"west", writer.AddDateTime(1'000'000, -5 * 3600)},
                         {"east", writer.AddDateTime(1'000'001, 5 * 3600 + 45 * 60)}});
  const FileImage image = FinishWithoutResources(std::move(writer), root);
  EXPECT_EQ(JsonOf(Open(image)),
            R"({"date": "2021-07-29", "naive": "0001-01-01T00:00:00", )"
            R"("utc": "0001-01-01T00:00:00+00:00", "west": "0001-01-01T00:00:01-05:00", )"
            R"("east": "0001-01-01T00:00:01.000001+05:45"})");
}

TEST(WriterTest, AZoneMakesAnotherDateTime) {
  Writer writer;
  EXPECT_NE(writer.AddDateTime(5, std::nullopt), writer.AddDateTime(5, 0));
  EXPECT_NE(writer.AddDateTime(5, -3600), writer.AddDateTime(5, 3600));
  EXPECT_EQ(writer.AddDateTime(5, 3600), writer.AddDateTime(5, 3600));
}

// --- containers ---

TEST(WriterTest, IdenticalSubtreesBecomeIdenticalCells) {
  Writer writer;
  const auto add = [&](int64_t leaf) {
    const Cell inner = AddArray(writer, {writer.AddInt(leaf), Cell::Null()});
    return AddObject(writer, {{"a", inner}, {"b", Cell::Bool(true)}});
  };
  const Cell first = add(1);
  const Cell other = add(2);
  EXPECT_EQ(add(1), first);
  EXPECT_NE(first, other);
  EXPECT_EQ(first.aux(), other.aux()) << "two objects with the same keys have one shape";
}

TEST(WriterTest, AnArrayAndAnObjectShareARangeButNotACell) {
  Writer writer;
  const Cell array = AddArray(writer, {Cell::Bool(true)});
  const Cell object = AddObject(writer, {{"a", Cell::Bool(true)}});
  EXPECT_EQ(array.index(), object.index());
  EXPECT_NE(array, object);
}

TEST(WriterTest, TheOrderOfKeysMakesAnotherShape) {
  Writer writer;
  const Cell ab = AddObject(writer, {{"a", Cell::Null()}, {"b", Cell::Null()}});
  const Cell ba = AddObject(writer, {{"b", Cell::Null()}, {"a", Cell::Null()}});
  EXPECT_NE(ab.aux(), ba.aux());
  EXPECT_EQ(ab.index(), ba.index());
}

TEST(WriterTest, EmptyContainersHoldNothing) {
  Writer writer;
  const Cell array = AddArray(writer, {});
  const Cell object = AddObject(writer, {});
  EXPECT_TRUE(writer.Elements(array).empty());
  EXPECT_TRUE(writer.Elements(object).empty());
  EXPECT_TRUE(writer.Keys(object).empty());
  EXPECT_EQ(AddArray(writer, {}), array);
  EXPECT_EQ(AddObject(writer, {}), object);
}

TEST(WriterTest, ElementsAndKeysAreReadBackInOrder) {
  Writer writer;
  const Cell object = AddObject(writer, {{"z", Cell::SmallInt(1)}, {"a", Cell::SmallInt(2)}});
  const auto keys = writer.Keys(object);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(writer.String(keys[0]), "z");
  EXPECT_EQ(writer.String(keys[1]), "a");
  const auto elements = writer.Elements(object);
  ASSERT_EQ(elements.size(), 2U);
  EXPECT_EQ(elements[0], Cell::SmallInt(1));
  EXPECT_EQ(elements[1], Cell::SmallInt(2));
}

TEST(WriterTest, FindLooksForAKeyOfAnObject) {
  Writer writer;
  const Cell object = AddObject(writer, {{"a", Cell::SmallInt(1)}});
  EXPECT_EQ(writer.Find(object, writer.FindString("a")), Cell::SmallInt(1));
  EXPECT_EQ(writer.Find(object, writer.AddString("b")), std::nullopt);
  EXPECT_EQ(writer.Find(object, kNoString), std::nullopt);
  EXPECT_EQ(writer.Find(AddArray(writer, {object}), writer.FindString("a")), std::nullopt);
  EXPECT_EQ(writer.Find(Cell::Null(), writer.FindString("a")), std::nullopt);
}

TEST(WriterTest, OfEqualKeysTheLastValueTakesTheFirstPlace) {
  Writer writer;
  const auto number = [](int64_t value) { return Cell::SmallInt(value); };
  const Cell object = AddObject(
      writer,
      {{"a", number(1)}, {"b", number(2)}, {"a", number(3)}, {"c", number(4)}, {"a", number(5)}});
  EXPECT_EQ(object, AddObject(writer, {{"a", number(5)}, {"b", number(2)}, {"c", number(4)}}));
  // Once more, now that the shape without duplicates exists.
  EXPECT_EQ(
      object,
      AddObject(writer, {{"a", number(0)}, {"b", number(2)}, {"a", number(5)}, {"c", number(4)}}));
}

TEST(WriterTest, ManyDistinctValuesSurviveTheIndexesGrowth) {
  Writer writer;
  std::vector<Cell> rows;
  constexpr int kRows = 3'000;
  for (int i = 0; i < kRows; ++i) {
    const std::string name = "key " + std::to_string(i);
    rows.push_back(AddObject(writer, {{name, writer.AddDouble(i + 0.5)}}));
  }
  const Cell root = AddObject(writer, {{"rows", AddArray(writer, rows)}});
  const FileImage image = FinishWithoutResources(std::move(writer), root);
  const Document document = Open(image);
  Verify(document);
  const auto written = document.Elements(testing::At(document, "rows"));
  ASSERT_EQ(written.size(), size_t{kRows});
  for (int i = 0; i < kRows; ++i) {
    const auto value = document.Find(written[i], "key " + std::to_string(i));
    ASSERT_TRUE(value);
    EXPECT_EQ(document.Double(*value), i + 0.5);
  }
}

TEST(WriterTest, TheExpectedSizeChangesNothing) {
  const auto write = [](size_t expected_json) {
    Writer writer(expected_json);
    const Cell root = AddObject(writer, {{"a", writer.AddDouble(0.5)}});
    return JsonOf(Open(FinishWithoutResources(std::move(writer), root)));
  };
  EXPECT_EQ(write(0), write(100'000'000));
}

TEST(WriterTest, AddObjectLikeIsAddObject) {
  Writer writer;
  const Cell like = AddObject(writer, {{"b", Cell::SmallInt(1)}, {"a", Cell::SmallInt(2)}});
  const std::vector<Cell> values = {Cell::Null(), Cell::SmallInt(2)};
  const Cell object = writer.AddObjectLike(like, values);
  EXPECT_EQ(object, AddObject(writer, {{"b", Cell::Null()}, {"a", Cell::SmallInt(2)}}));
}

TEST(WriterTest, KeyRanksFollowTheBytesOfTheKeys) {
  Writer writer;
  const StringId text = writer.AddString("no key");
  const Cell object = AddObject(
      writer, {{"b", Cell::Null()}, {"", Cell::Null()}, {"ü", Cell::Null()}, {"a", Cell::Null()}});
  const auto ranks_of = [&](Cell cell) {
    const auto ranks = writer.KeyRanks();
    std::vector<uint32_t> of_keys;
    for (const StringId key : writer.Keys(cell)) of_keys.push_back(ranks[key]);
    return of_keys;
  };
  EXPECT_EQ(ranks_of(object), (std::vector<uint32_t>{2, 0, 3, 1}));
  const Cell later = AddObject(writer, {{"aa", Cell::Null()}, {"b", Cell::String(text)}});
  EXPECT_EQ(ranks_of(later), (std::vector<uint32_t>{2, 3}));
  EXPECT_EQ(ranks_of(object), (std::vector<uint32_t>{3, 0, 4, 1}));
}

TEST(WriterTest, PlainStringsNeedNoEscape) {
  Writer writer;
  for (const char* plain : {"", "a", "a long text of words, with {brackets}", "ü"}) {
    EXPECT_TRUE(writer.IsPlain(writer.AddString(plain))) << plain;
  }
  for (const std::string& other : {std::string("\""), std::string("a\\"), std::string("a\nb"),
                                   std::string("a\0b", 3), std::string("\x1f")}) {
    EXPECT_FALSE(writer.IsPlain(writer.AddString(other))) << other;
  }
}

// --- the file ---

TEST(WriterTest, FinishWritesTheFacts) {
  Writer writer;
  const Cell root = AddObject(writer, {});
  const SourceStamp stamp{.size = 1,
                          .mtime_ns = -2,
                          .ctime_ns = 3,
                          .inode = 4,
                          .device = 5,
                          .taken_ns = 6,
                          .digest_low = 7,
                          .digest_high = kUint64Max};
  const FileImage image = FinishWithoutResources(
      std::move(writer), root,
      {.kind = DocumentKind::kInternal, .generation = 9, .value_count = 1, .source = stamp});
  const Document document = Open(image);
  Verify(document);
  EXPECT_EQ(document.header().kind, DocumentKind::kInternal);
  EXPECT_EQ(document.header().generation, 9U);
  EXPECT_EQ(document.header().value_count, 1U);
  EXPECT_EQ(document.header().format_version, kFormatVersion);
  EXPECT_EQ(document.header().length, image.bytes().size());
  EXPECT_EQ(document.producer().substr(0, 13), "flatmanifest ");
  ASSERT_TRUE(document.source());
  EXPECT_EQ(document.source()->size, 1U);
  EXPECT_EQ(document.source()->mtime_ns, -2);
  EXPECT_EQ(document.source()->ctime_ns, 3);
  EXPECT_EQ(document.source()->inode, 4U);
  EXPECT_EQ(document.source()->device, 5U);
  EXPECT_EQ(document.source()->taken_ns, 6);
  EXPECT_EQ(document.source()->digest_low, 7U);
  EXPECT_EQ(document.source()->digest_high, kUint64Max);
}

TEST(WriterTest, AFileWithoutSourceHasNone) {
  Writer writer;
  const Cell root = AddObject(writer, {});
  EXPECT_FALSE(Open(FinishWithoutResources(std::move(writer), root)).source());
}

TEST(WriterTest, EqualInputMakesEqualBytes) {
  const FileImage first = testing::Convert(testing::SampleManifest());
  const FileImage second = testing::Convert(testing::SampleManifest());
  EXPECT_TRUE(std::equal(first.bytes().begin(), first.bytes().end(), second.bytes().begin(),
                         second.bytes().end()));
}

TEST(WriterTest, CopyWithStampChangesStampAndGenerationOnly) {
  const FileImage image =
      testing::Convert(testing::SampleManifest(), {.source = SourceStamp{.size = 1}});
  const Document document = Open(image);
  const std::vector<std::byte> copy = CopyWithStamp(document, {.size = 2, .digest_high = 3}, 17);
  const Document copied = Document::Open(copy, testing::kSampleName);
  Verify(copied);
  EXPECT_EQ(copied.header().generation, 17U);
  EXPECT_EQ(copied.source()->size, 2U);
  EXPECT_EQ(copied.source()->digest_high, 3U);
  EXPECT_EQ(JsonOf(copied), JsonOf(document));
  EXPECT_EQ(document.source()->size, 1U) << "the original is left alone";
}

// --- the 2 GiB limit ---

// Two GiB of zeros that only take address space: they are read, never written.
class ZeroPages {
 public:
  static constexpr size_t kSize = size_t{2} << 30;

  ZeroPages()
      : memory_(::mmap(nullptr, kSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                       0)) {}
  ~ZeroPages() {
    if (ok()) ::munmap(memory_, kSize);
  }
  ZeroPages(const ZeroPages&) = delete;
  ZeroPages& operator=(const ZeroPages&) = delete;

  bool ok() const { return memory_ != MAP_FAILED; }
  std::string_view text() const { return {static_cast<const char*>(memory_), kSize}; }
  std::span<const Cell> cells() const {
    return {static_cast<const Cell*>(memory_), kSize / sizeof(Cell)};
  }

 private:
  void* memory_;
};

constexpr char kTooLarge[] =
    "the manifest would make a file over 2 GiB, more than the format's 32-bit offsets reach; "
    "nothing was written";

TEST(WriterTest, RefusesWhatTheFormatCannotHold) {
  const ZeroPages zeros;
  if (!zeros.ok()) GTEST_SKIP() << "no 2 GiB of address space";
  Writer writer;
  EXPECT_EQ(MessageOf<TooLargeError>([&] { writer.AddString(zeros.text()); }), kTooLarge);
  EXPECT_EQ(MessageOf<TooLargeError>([&] { writer.AddArray(zeros.cells()); }), kTooLarge);
  EXPECT_EQ(writer.string_count(), 0U);
  const Cell root = AddObject(writer, {{"a", Cell::Null()}});
  EXPECT_EQ(JsonOf(Open(FinishWithoutResources(std::move(writer), root))), R"({"a": null})");
}

// A writer whose limit is exactly this many bytes of columns. An empty writer has two offsets, 8
// bytes.
Writer SmallWriter(size_t column_bytes) {
  constexpr size_t kFileOverhead = 4096;
  return Writer(0, kFileOverhead + column_bytes);
}

TEST(WriterTest, TheLimitCountsEveryColumn) {
  Writer strings = SmallWriter(8 + 100);
  EXPECT_NO_THROW(strings.AddString(std::string(80, 'a')));
  EXPECT_THROW(strings.AddString(std::string(80, 'b')), TooLargeError);
  EXPECT_EQ(strings.AddString(std::string(80, 'a')), 0U) << "what is there takes no room";

  Writer wide = SmallWriter(8 + 2 * 8);
  EXPECT_NO_THROW(wide.AddDouble(0.1));
  EXPECT_NO_THROW(wide.AddDouble(0.2));
  EXPECT_THROW(wide.AddDouble(0.3), TooLargeError);

  Writer cells = SmallWriter(8 + 4 * 8);
  EXPECT_NO_THROW(AddArray(cells, std::vector<Cell>(4)));
  EXPECT_THROW(AddArray(cells, {Cell::Bool(true)}), TooLargeError);

  // Two strings of one byte with their offsets, then the keys of one shape with its order and
  // offset.
  Writer shapes = SmallWriter(8 + 2 * 5 + 2 * 8 + 4);
  const std::vector<StringId> keys = {shapes.AddString("a"), shapes.AddString("b")};
  EXPECT_NO_THROW(shapes.AddObject(keys, {}));
  EXPECT_THROW(shapes.AddObject(std::span(keys).first(1), {}), TooLargeError);
}

TEST(WriterTest, TheLimitCountsResourcesAndGraph) {
  const auto finish = [](size_t edges) {
    Writer writer = SmallWriter(100);
    const Cell root = AddObject(writer, {});
    const CsrRows csr{{0}, std::vector<uint32_t>(edges)};
    std::move(writer).Finish(root, ResourceRows(), csr, csr, {});
  };
  EXPECT_NO_THROW(finish(0));
  EXPECT_THROW(finish(20), TooLargeError);
}

}  // namespace
}  // namespace flatmanifest
