#include "format/bulk_memory.h"

#include <cstdlib>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace flatmanifest {

namespace {

constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

void* AllocateBulk(size_t size) {
  if (size < kHugePage) {
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  }
  const size_t rounded = (size + kHugePage - 1) / kHugePage * kHugePage;
  void* memory = std::aligned_alloc(kHugePage, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  AdviseBulk(memory, rounded);
  return memory;
}

void FreeBulk(void* memory) noexcept { std::free(memory); }

void AdviseBulk(void* memory, size_t size) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // Only whole large pages are advised. The answer of the system only changes the speed.
  if (std::align(kHugePage, kHugePage, memory, size) == nullptr) return;
  ::madvise(memory, size / kHugePage * kHugePage, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)size;
#endif
}

}  // namespace flatmanifest
