#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bindings/buffers.h"
#include "bindings/graph_view.h"
#include "bindings/handle.h"
#include "bindings/selection.h"
#include "bindings/to_python.h"
#include "bindings/views.h"
#include "convert/convert.h"
#include "convert/json_split.h"
#include "format/field_path.h"
#include "format/verify.h"

namespace flatmanifest::python {

namespace {

ManifestView Open(const py::object& path) {
  const std::string name = FsEncode(path);
  std::shared_ptr<const ManifestFile> file;
  {
    const py::gil_scoped_release release;
    file = OpenManifest(name);
  }
  const Cell root = file->document().root();
  if (!root.is(CellKind::kObject))
    file->document().Fail("the root is not an object (damaged file)");
  return {{{std::make_shared<Handle>(std::move(file), name), root}}};
}

std::filesystem::path Convert(const py::object& input, const py::object& output) {
  const std::string source = FsEncode(input);
  const std::string target = output.is_none() ? DefaultOutput(source) : FsEncode(output);
  const py::gil_scoped_release release;
  ConvertFile(source, target);
  return target;
}

// [(key, None or [(key, begin, end), ...] of an object, begin, end), ...]
py::list SplitFile(const py::object& path) {
  const std::string name = FsEncode(path);
  std::vector<JsonSection> sections;
  {
    const py::gil_scoped_release release;
    const InputFile file = ReadInput(name);
    sections = SplitJson(file.text.padded(), name);
  }
  py::list all;
  for (const JsonSection& section : sections) {
    py::object members = py::none();
    if (section.is_object) {
      py::list listed;
      for (const JsonMember& member : section.members) {
        listed.append(py::make_tuple(member.key, member.begin, member.end));
      }
      members = std::move(listed);
    }
    all.append(py::make_tuple(section.whole.key, members, section.whole.begin, section.whole.end));
  }
  return all;
}

NodeView Node(const ManifestView& manifest, const py::str& unique_id) {
  const Document& document = manifest.document();
  const Row row = FindRow(document, unique_id);
  if (row == kNoRow) RaiseKeyError(unique_id);
  const Cell value = document.resources().value[row];
  if (!value.is(CellKind::kObject)) document.Fail("a resource is not an object (damaged file)");
  return {{{manifest.handle, value}}, row};
}

py::memoryview Raw(const ManifestView& manifest, const py::str& unique_id, const py::str& field) {
  const NodeView node = Node(manifest, unique_id);
  const Document& document = manifest.document();
  const auto path = Utf8(field);
  const auto cell = path ? FindPath(document, node.cell, *path) : std::nullopt;
  if (!cell) RaiseKeyError(field);
  if (!cell->is(CellKind::kString)) {
    PyErr_Format(PyExc_TypeError, "%U: the field %R is not a string", unique_id.ptr(), field.ptr());
    throw py::error_already_set();
  }
  return ByteBuffer(manifest.handle, std::as_bytes(std::span(document.String(cell->index()))));
}

void CheckIntact(const ManifestView& manifest) {
  const HandlePtr handle = manifest.handle;
  const Document& document = manifest.document();
  const py::gil_scoped_release release;
  Verify(document);
}

// memoryview(m). Not pybind11's def_buffer, which turns every error into BufferError.
int GetFileBuffer(PyObject* self, Py_buffer* buffer, int flags) {
  try {
    const auto bytes = py::handle(self).cast<const ManifestView&>().document().bytes();
    return PyBuffer_FillInfo(buffer, self, const_cast<std::byte*>(bytes.data()),
                             static_cast<Py_ssize_t>(bytes.size()), /*readonly=*/1, flags);
  } catch (py::error_already_set& closed) {
    closed.restore();
    return -1;
  }
}

void AddFileBuffer(PyHeapTypeObject* type) {
  type->ht_type.tp_as_buffer = &type->as_buffer;
  type->as_buffer.bf_getbuffer = &GetFileBuffer;
}

}  // namespace

void BindManifest(py::module_& module) {
  py::class_<ManifestView, ObjectView> manifest(module, "Manifest",
                                                py::custom_type_setup(&AddFileBuffer));
  BindSelection(manifest);
  manifest
      .def("__repr__",
           [](const py::object& self) {
             return py::module_::import("flatmanifest._views").attr("summary_of_manifest")(self);
           })
      .def("node", &Node, py::arg("unique_id"))
      .def("raw", &Raw, py::arg("unique_id"), py::arg("field"))
      .def_property_readonly("graph", [](const ManifestView& self) { return GraphOf(self.handle); })
      .def("verify", &CheckIntact)
      .def("close", [](const ManifestView& self) { self.handle->Close(); })
      .def_property_readonly("closed",
                             [](const ManifestView& self) { return self.handle->closed(); })
      .def_property_readonly("path",
                             [](const ManifestView& self) { return FsDecode(self.handle->path()); })
      .def_property_readonly(
          "generation",
          [](const ManifestView& self) { return self.document().header().generation; })
      .def("__enter__",
           [](const py::object& self) {
             self.cast<const ManifestView&>().document();
             return self;
           })
      .def("__exit__", [](const ManifestView& self, const py::args&) { self.handle->Close(); });

  module.def("open", &Open, py::arg("path"));
  BindArtifactLines(module);
  module.def("split_json", &SplitFile, py::arg("path"));
  module.def("convert", &Convert, py::arg("input"), py::arg("output") = py::none());
}

}  // namespace flatmanifest::python
