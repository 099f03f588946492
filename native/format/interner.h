// An index from contents to the numbers of their first occurrence. The contents stay in their
// owner's columns; a slot holds half of a hash, and the number. Most of a lookup's time is waiting
// for one slot to come from memory, so slots are small.

#ifndef FLATMANIFEST_FORMAT_INTERNER_H_
#define FLATMANIFEST_FORMAT_INTERNER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "format/bulk_memory.h"

namespace flatmanifest {

// Open addressing with linear probing, at most half full. Not thread-safe.
class Interner {
 public:
  static constexpr uint32_t kAbsent = std::numeric_limits<uint32_t>::max();

  Interner() : slots_(kInitialSlots, Slot()) {}

  // Makes room for `size` entries at once.
  void Reserve(size_t size) {
    if (slots_.size() < 2 * size) Rehash(std::bit_ceil(2 * size));
  }

  // The number for which `equals(number)` is true among those of this hash; kAbsent if there is
  // none.
  template <typename Equals>
  uint32_t Find(uint64_t hash, Equals equals) const {
    const uint32_t tag = Tag(hash);
    for (size_t at = tag & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.number == kAbsent) return kAbsent;
      if (slot.tag == tag && equals(slot.number)) return slot.number;
    }
  }

  // Stores a number that Find did not find.
  void Insert(uint64_t hash, uint32_t number) {
    if (2 * (size_ + 1) > slots_.size()) Rehash(2 * slots_.size());
    Place({Tag(hash), number});
    ++size_;
  }

 private:
  static constexpr size_t kInitialSlots = 1024;  // a power of two, as every later size
  struct Slot {
    uint32_t tag = 0;
    uint32_t number = kAbsent;
  };

  size_t mask() const { return slots_.size() - 1; }
  static uint32_t Tag(uint64_t hash) { return static_cast<uint32_t>(hash >> 32); }

  void Place(const Slot& slot) {
    size_t at = slot.tag & mask();
    while (slots_[at].number != kAbsent) at = (at + 1) & mask();
    slots_[at] = slot;
  }

  void Rehash(size_t slot_count) {
    BulkVector<Slot> old(slot_count, Slot());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number != kAbsent) Place(slot);
    }
  }

  BulkVector<Slot> slots_;
  size_t size_ = 0;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_INTERNER_H_
