// Arrays of megabytes from libraries (simdjson's index of a document is one) in large pages, as our
// own are: two thirds of the page faults of converting a large manifest were those of that index.

#include <cstddef>
#include <new>

#include "format/bulk_memory.h"

// The standard lets a program replace these (C++20, new.delete); what is not replaced calls them.
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
