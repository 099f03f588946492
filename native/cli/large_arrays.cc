// Puts large arrays of libraries (simdjson's index of a document is one) into large pages, as our
// own arrays are. Two thirds of the page faults of converting a large manifest came from that
// index.

#include <cstddef>
#include <new>

#include "format/bulk_memory.h"

// A program may replace these operators (C++20, new.delete); the others call them.
void* operator new[](std::size_t size) { return flatmanifest::AllocateBulk(size); }

void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return flatmanifest::AllocateBulk(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void operator delete[](void* memory) noexcept { flatmanifest::FreeBulk(memory); }
void operator delete[](void* memory, std::size_t) noexcept { flatmanifest::FreeBulk(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  flatmanifest::FreeBulk(memory);
}
