#include "format/interner.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace flatmanifest {
namespace {

constexpr auto kAny = [](uint32_t) { return true; };

TEST(InternerTest, EmptyHasNothing) { EXPECT_EQ(Interner().Find(0, kAny), Interner::kAbsent); }

TEST(InternerTest, FindsWhatWasInserted) {
  Interner interner;
  interner.Insert(17, 3);
  EXPECT_EQ(interner.Find(17, kAny), 3U);
  EXPECT_EQ(interner.Find(18, kAny), Interner::kAbsent);
}

TEST(InternerTest, TellsContentsOfOneHashApart) {
  Interner interner;
  interner.Insert(17, 3);
  interner.Insert(17, 4);
  EXPECT_EQ(interner.Find(17, [](uint32_t number) { return number == 4; }), 4U);
  EXPECT_EQ(interner.Find(17, [](uint32_t number) { return number == 3; }), 3U);
  EXPECT_EQ(interner.Find(17, [](uint32_t) { return false; }), Interner::kAbsent);
}

TEST(InternerTest, ProbesPastTheEndOfTheTable) {
  Interner interner;
  constexpr uint64_t kLastSlot = std::numeric_limits<uint64_t>::max();
  for (uint32_t number = 0; number < 10; ++number) interner.Insert(kLastSlot, number);
  for (uint32_t wanted = 0; wanted < 10; ++wanted) {
    EXPECT_EQ(interner.Find(kLastSlot, [&](uint32_t number) { return number == wanted; }), wanted);
  }
}

// With all hashes equal modulo any small power of two, every growth places them anew.
void ExpectAllFound(Interner interner) {
  constexpr uint32_t kEntries = 5'000;
  for (uint32_t number = 0; number < kEntries; ++number) {
    interner.Insert(uint64_t{number} << 8, number);
  }
  for (uint32_t number = 0; number < kEntries; ++number) {
    ASSERT_EQ(interner.Find(uint64_t{number} << 8, kAny), number);
  }
  EXPECT_EQ(interner.Find(uint64_t{kEntries} << 8, kAny), Interner::kAbsent);
}

TEST(InternerTest, KeepsEntriesWhenItGrows) { ExpectAllFound(Interner()); }

TEST(InternerTest, KeepsEntriesWhenRoomWasMadeFirst) {
  Interner interner;
  interner.Reserve(10'000);
  ExpectAllFound(std::move(interner));
}

TEST(InternerTest, ReserveKeepsEntries) {
  Interner interner;
  interner.Insert(17, 3);
  interner.Reserve(10'000);
  EXPECT_EQ(interner.Find(17, kAny), 3U);
}

}  // namespace
}  // namespace flatmanifest
