#include "bindings/buffers.h"

#include "bindings/to_python.h"
#include "bindings/views.h"

namespace flatmanifest::python {

namespace {

// The object behind a memoryview: holds the mapping, exports one column of it.
struct Buffer {
  HandlePtr handle;
  const void* data;
  py::ssize_t item_size;
  std::string format;
  py::ssize_t count;
};

py::memoryview Export(Buffer buffer) { return py::memoryview(py::cast(std::move(buffer))); }

std::string GraphRepr(const GraphView& graph) {
  const Document& document = graph.document();
  return "<flatmanifest.Graph of " + std::to_string(document.resources().graph_count) +
         " nodes and " + std::to_string(document.children().indices.size()) + " edges>";
}

py::str RowId(const GraphView& graph, const py::object& index) {
  const Document& document = graph.document();
  py::ssize_t row = PyNumber_AsSsize_t(index.ptr(), PyExc_IndexError);
  if (row == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  const auto count = static_cast<py::ssize_t>(document.resources().graph_count);
  if (row < 0) row += count;
  if (row < 0 || row >= count) throw py::index_error("row out of range");
  return ToStr(document, document.String(document.resources().unique_id[row]));
}

Row RowOf(const GraphView& graph, const py::str& unique_id) {
  const Document& document = graph.document();
  const Row row = FindRow(document, unique_id);
  if (row == kNoRow || row >= document.resources().graph_count) RaiseKeyError(unique_id);
  return row;
}

py::list Ids(const GraphView& graph) {
  const Document& document = graph.document();
  py::list ids;
  for (const StringId id : document.resources().unique_id.first(document.resources().graph_count)) {
    ids.append(ToStr(document, document.String(id)));
  }
  return ids;
}

}  // namespace

py::memoryview ByteBuffer(const HandlePtr& handle, std::span<const std::byte> bytes) {
  return Export({handle, bytes.data(), 1, "B", static_cast<py::ssize_t>(bytes.size())});
}

py::memoryview UintBuffer(const HandlePtr& handle, std::span<const uint32_t> numbers) {
  return Export(
      {handle, numbers.data(), sizeof(uint32_t), "I", static_cast<py::ssize_t>(numbers.size())});
}

void BindBuffers(py::module_& module) {
  py::class_<Buffer>(module, "Buffer", py::buffer_protocol(), MadeHereOnly())
      .def_buffer([](const Buffer& buffer) {
        return py::buffer_info(const_cast<void*>(buffer.data), buffer.item_size, buffer.format, 1,
                               {buffer.count}, {buffer.item_size}, /*readonly=*/true);
      });

  const auto uint_column = [](auto select) {
    return [select](const GraphView& graph) {
      return UintBuffer(graph.handle, select(graph.document()));
    };
  };
  py::class_<GraphView>(module, "Graph", MadeHereOnly())
      .def("__len__",
           [](const GraphView& graph) { return graph.document().resources().graph_count; })
      .def("__repr__", &GraphRepr)
      .def("row", &RowOf, py::arg("unique_id"))
      .def("id", &RowId, py::arg("row"))
      .def_property_readonly("ids", &Ids)
      .def_property_readonly("indptr",
                             uint_column([](const Document& d) { return d.children().indptr; }))
      .def_property_readonly("indices",
                             uint_column([](const Document& d) { return d.children().indices; }))
      .def_property_readonly("parent_indptr",
                             uint_column([](const Document& d) { return d.parents().indptr; }))
      .def_property_readonly("parent_indices",
                             uint_column([](const Document& d) { return d.parents().indices; }));
}

}  // namespace flatmanifest::python
