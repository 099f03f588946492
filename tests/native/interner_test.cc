#include "format/interner.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <utility>

namespace flatmanifest {
namespace {

// Equal hashes may have different contents, so callers compare contents. Here the content is the
// number itself.
uint32_t Find(const Interner& interner, uint64_t hash, uint32_t wanted) {
  return interner.Find(hash, [&](uint32_t number) { return number == wanted; });
}

TEST(InternerTest, EmptyHasNothing) { EXPECT_EQ(Find(Interner(), 0, 0), Interner::kAbsent); }

TEST(InternerTest, FindsWhatWasInserted) {
  Interner interner;
  interner.Insert(17, 3);
  EXPECT_EQ(Find(interner, 17, 3), 3U);
  EXPECT_EQ(Find(interner, 18, 4), Interner::kAbsent);
}

TEST(InternerTest, TellsContentsOfOneHashApart) {
  Interner interner;
  interner.Insert(17, 3);
  interner.Insert(17, 4);
  EXPECT_EQ(Find(interner, 17, 4), 4U);
  EXPECT_EQ(Find(interner, 17, 3), 3U);
  EXPECT_EQ(Find(interner, 17, 5), Interner::kAbsent);
}

TEST(InternerTest, ProbesPastTheEndOfTheTable) {
  Interner interner;
  constexpr uint64_t kLastSlot = std::numeric_limits<uint64_t>::max();
  for (uint32_t number = 0; number < 10; ++number) interner.Insert(kLastSlot, number);
  for (uint32_t number = 0; number < 10; ++number) {
    EXPECT_EQ(Find(interner, kLastSlot, number), number);
  }
}

void ExpectAllFound(Interner interner) {
  constexpr uint32_t kEntries = 100'000;
  constexpr uint64_t kSpread = 0x9E37'79B9'7F4A'7C15;
  for (uint32_t number = 0; number < kEntries; ++number) interner.Insert(number * kSpread, number);
  for (uint32_t number = 0; number < kEntries; ++number) {
    ASSERT_EQ(Find(interner, number * kSpread, number), number);
  }
  EXPECT_EQ(Find(interner, kEntries * kSpread, kEntries), Interner::kAbsent);
}

TEST(InternerTest, KeepsEntriesWhenItGrows) { ExpectAllFound(Interner()); }

TEST(InternerTest, KeepsEntriesWhenRoomWasMadeFirst) {
  Interner interner;
  interner.Reserve(50'000);
  ExpectAllFound(std::move(interner));
}

TEST(InternerTest, ReserveKeepsEntries) {
  Interner interner;
  interner.Insert(17, 3);
  interner.Reserve(50'000);
  EXPECT_EQ(Find(interner, 17, 3), 3U);
}

}  // namespace
}  // namespace flatmanifest
