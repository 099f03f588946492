#include "format/checksum.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

namespace flatmanifest {
namespace {

constexpr size_t kOffset = 24;

std::vector<std::byte> SomeBytes() {
  std::vector<std::byte> bytes(1000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

TEST(ChecksumTest, DoesNotDependOnItsOwnBytes) {
  std::vector<std::byte> bytes = SomeBytes();
  const uint64_t checksum = Checksum(bytes, kOffset);
  std::memcpy(bytes.data() + kOffset, &checksum, sizeof(checksum));
  EXPECT_EQ(Checksum(bytes, kOffset), checksum);
}

TEST(ChecksumTest, DependsOnEveryOtherByte) {
  std::vector<std::byte> bytes = SomeBytes();
  const uint64_t checksum = Checksum(bytes, kOffset);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i >= kOffset && i < kOffset + sizeof(checksum)) continue;
    bytes[i] ^= std::byte{1};
    EXPECT_NE(Checksum(bytes, kOffset), checksum) << "byte " << i;
    bytes[i] ^= std::byte{1};
  }
}

TEST(ChecksumTest, DependsOnTheLength) {
  const std::vector<std::byte> bytes = SomeBytes();
  EXPECT_NE(Checksum(bytes, kOffset), Checksum(std::span(bytes).first(999), kOffset));
}

}  // namespace
}  // namespace flatmanifest
