#include "format/bulk_memory.h"

#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace flatmanifest {

namespace {

constexpr size_t kHugePage = size_t{2} << 20;

}  // namespace

void* AllocateBulk(size_t size) {
  if (size < 2 * kHugePage) {
    void* memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
  }
  const size_t rounded = (size + kHugePage - 1) / kHugePage * kHugePage;
  void* memory = std::aligned_alloc(kHugePage, rounded);
  if (memory == nullptr) throw std::bad_alloc();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  ::madvise(memory, rounded, MADV_HUGEPAGE);  // a hint: refusal changes nothing but speed
#endif
  return memory;
}

void FreeBulk(void* memory) noexcept { std::free(memory); }

}  // namespace flatmanifest
