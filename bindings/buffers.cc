#include "bindings/buffers.h"

#include <memory>
#include <string>
#include <utility>

#include "bindings/views.h"

namespace flatmanifest::python {

namespace {

// The object behind a memoryview: it keeps the memory of the numbers alive and exports one column.
struct Buffer {
  std::shared_ptr<const void> owner;
  const void* data;
  py::ssize_t item_size;
  std::string format;
  py::ssize_t count;
};

py::memoryview Export(Buffer buffer) { return py::memoryview(py::cast(std::move(buffer))); }

py::memoryview ExportUints(std::shared_ptr<const void> owner, std::span<const uint32_t> numbers) {
  return Export({std::move(owner), numbers.data(), sizeof(uint32_t), "I",
                 static_cast<py::ssize_t>(numbers.size())});
}

}  // namespace

py::memoryview ByteBuffer(const HandlePtr& handle, std::span<const std::byte> bytes) {
  return Export({handle, bytes.data(), 1, "B", static_cast<py::ssize_t>(bytes.size())});
}

py::memoryview UintBuffer(const HandlePtr& handle, std::span<const uint32_t> numbers) {
  return ExportUints(handle, numbers);
}

py::memoryview UintBuffer(std::vector<uint32_t> numbers) {
  const auto owner = std::make_shared<const std::vector<uint32_t>>(std::move(numbers));
  return ExportUints(owner, *owner);
}

void BindBuffers(py::module_& module) {
  py::class_<Buffer>(module, "Buffer", py::buffer_protocol(), MadeHereOnly())
      .def_buffer([](const Buffer& buffer) {
        return py::buffer_info(const_cast<void*>(buffer.data), buffer.item_size, buffer.format, 1,
                               {buffer.count}, {buffer.item_size}, /*readonly=*/true);
      });
}

}  // namespace flatmanifest::python
