// Parts of the file as read-only memoryviews, without a copy.

#ifndef FLATMANIFEST_BINDINGS_BUFFERS_H_
#define FLATMANIFEST_BINDINGS_BUFFERS_H_

#include <pybind11/pybind11.h>

#include <cstddef>
#include <span>

#include "bindings/handle.h"

namespace flatmanifest::python {

// memoryviews that keep the mapping alive: bytes (format "B") and 32-bit unsigned integers ("I").
py::memoryview ByteBuffer(const HandlePtr& handle, std::span<const std::byte> bytes);
py::memoryview UintBuffer(const HandlePtr& handle, std::span<const uint32_t> numbers);

struct GraphView {
  HandlePtr handle;

  const Document& document() const { return handle->document(); }
};

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_BUFFERS_H_
