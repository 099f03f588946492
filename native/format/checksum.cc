#include "format/checksum.h"

#include <xxhash.h>

#include <memory>
#include <new>

namespace flatmanifest {

uint64_t Checksum(std::span<const std::byte> file, size_t checksum_offset) {
  static constexpr std::byte kZero[sizeof(uint64_t)] = {};
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       &XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  XXH3_64bits_update(state.get(), file.data(), checksum_offset);
  XXH3_64bits_update(state.get(), kZero, sizeof(kZero));
  const auto rest = file.subspan(checksum_offset + sizeof(kZero));
  XXH3_64bits_update(state.get(), rest.data(), rest.size());
  return XXH3_64bits_digest(state.get());
}

}  // namespace flatmanifest
