// Read-only memoryviews of numbers, without a copy: of parts of the file, and of computed results.

#ifndef FLATMANIFEST_BINDINGS_BUFFERS_H_
#define FLATMANIFEST_BINDINGS_BUFFERS_H_

#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "bindings/handle.h"

namespace flatmanifest::python {

// memoryviews that keep the mapping alive: bytes (format "B") and 32-bit unsigned integers ("I").
py::memoryview ByteBuffer(const HandlePtr& handle, std::span<const std::byte> bytes);
py::memoryview UintBuffer(const HandlePtr& handle, std::span<const uint32_t> numbers);
// A memoryview that owns the computed numbers.
py::memoryview UintBuffer(std::vector<uint32_t> numbers);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_BUFFERS_H_
