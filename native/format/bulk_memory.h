// Memory for buffers of megabytes that are filled once from front to back.
//
// Most of the cost of such a buffer is a page fault for every 4 KiB. Pages of 2 MiB, where the
// system has them, make converting a large manifest a quarter faster. Reserving far more than is
// used only costs address space.

#ifndef FLATMANIFEST_FORMAT_BULK_MEMORY_H_
#define FLATMANIFEST_FORMAT_BULK_MEMORY_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace flatmanifest {

// Throws std::bad_alloc. Aligned for any scalar.
void* AllocateBulk(size_t size);
void FreeBulk(void* memory) noexcept;
// Asks for large pages for memory that was allocated otherwise. Only a hint.
void AdviseBulk(void* memory, size_t size) noexcept;

template <typename T>
struct BulkAllocator {
  using value_type = T;

  BulkAllocator() = default;
  template <typename U>
  BulkAllocator(const BulkAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

  T* allocate(size_t count) { return static_cast<T*>(AllocateBulk(count * sizeof(T))); }
  void deallocate(T* memory, size_t) noexcept { FreeBulk(memory); }

  // resize() leaves new scalars uninitialized: they are about to be read into.
  template <typename U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <typename U, typename... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }

  friend bool operator==(const BulkAllocator&, const BulkAllocator&) = default;
};

template <typename T>
using BulkVector = std::vector<T, BulkAllocator<T>>;

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_BULK_MEMORY_H_
