#include "format/bulk_memory.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>

namespace flatmanifest {
namespace {

TEST(BulkMemoryTest, AnySizeIsAlignedAndWritable) {
  constexpr size_t kMebibyte = size_t{1} << 20;
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{4096}, 4 * kMebibyte - 1, 4 * kMebibyte, 7 * kMebibyte + 3}) {
    void* memory = AllocateBulk(size);
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % alignof(std::max_align_t), 0U);
    std::memset(memory, 1, size);
    FreeBulk(memory);
  }
}

TEST(BulkMemoryTest, VectorKeepsItsElementsWhenItGrows) {
  BulkVector<uint32_t> vector;
  constexpr uint32_t kCount = 2'000'000;  // past the size from which pages are large
  for (uint32_t i = 0; i < kCount; ++i) vector.push_back(i);
  EXPECT_EQ(std::accumulate(vector.begin(), vector.end(), uint64_t{0}),
            uint64_t{kCount} * (kCount - 1) / 2);
}

TEST(BulkMemoryTest, ResizeKeepsWhatIsThere) {
  BulkVector<char> vector(3, 'x');
  vector.resize(100);
  EXPECT_EQ(std::memcmp(vector.data(), "xxx", 3), 0);
  EXPECT_EQ(vector.size(), 100U);
}

}  // namespace
}  // namespace flatmanifest
