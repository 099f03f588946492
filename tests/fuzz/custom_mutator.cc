// libFuzzer's mutator for .fman files: it changes their structure and then fits the checksum, so
// that a mutant is not refused for its checksum alone. Inputs that are no such file are changed by
// libFuzzer's default mutator.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/file_mutator.h"
#include "testing/reseal.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace flatmanifest::fuzz {
namespace {

Bytes Copy(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  return {bytes.begin(), bytes.end()};
}

// Mutates the bytes of one column with libFuzzer's own mutator, which knows comparisons.
bool MutateColumn(Bytes& file, Random& random) {
  const auto column = AnyColumn(file, random);
  if (column.empty()) return false;
  LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(column.data()), column.size(), column.size());
  return true;
}

// Returns the new size; 0 if the input is not a file, or has become too large.
size_t Mutate(std::span<const uint8_t> other, uint8_t* data, size_t size, size_t max_size,
              Random& random) {
  constexpr size_t kMostChanges = 4;
  Bytes file = Copy(data, size);
  for (size_t left = 1 + Below(kMostChanges, random); left > 0; --left) {
    const bool is_column = other.empty() && Below(4, random) == 0;
    const bool is_changed = is_column ? MutateColumn(file, random)
                                      : MutateStructure(file, std::as_bytes(other), random);
    if (!is_changed) break;
  }
  if (!testing::Reseal(file) || file.size() > max_size) return 0;
  std::transform(file.begin(), file.end(), data,
                 [](std::byte byte) { return static_cast<uint8_t>(byte); });
  return file.size();
}

}  // namespace
}  // namespace flatmanifest::fuzz

using flatmanifest::fuzz::Below;

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  constexpr size_t kOneInWithout = 16;  // mutants whose structure may go
  flatmanifest::fuzz::Random random(seed);
  if (Below(kOneInWithout, random) != 0) {
    if (const size_t changed = flatmanifest::fuzz::Mutate({}, data, size, max_size, random)) {
      return changed;
    }
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data, size_t size, const uint8_t* other,
                                            size_t other_size, uint8_t* out, size_t max_size,
                                            unsigned int seed) {
  flatmanifest::fuzz::Random random(seed);
  const size_t copied = std::min(size, max_size);
  std::copy_n(data, copied, out);
  const size_t changed =
      flatmanifest::fuzz::Mutate({other, other_size}, out, copied, max_size, random);
  return changed != 0 ? changed : LLVMFuzzerMutate(out, copied, max_size);
}
