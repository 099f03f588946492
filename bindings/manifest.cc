#include <optional>
#include <string>
#include <utility>

#include "bindings/buffers.h"
#include "bindings/graph_view.h"
#include "bindings/handle.h"
#include "bindings/listing.h"
#include "bindings/selection.h"
#include "bindings/to_python.h"
#include "bindings/views.h"
#include "convert/convert.h"
#include "format/field_path.h"
#include "format/verify.h"

namespace flatmanifest::python {

namespace {

Access AccessFor(bool copy) { return copy ? Access::kCopied : Access::kMapped; }

ManifestView ViewOf(std::shared_ptr<const ManifestFile> file, std::string path) {
  const Cell root = file->document().root();
  if (!root.is(CellKind::kObject))
    file->document().Fail("the root is not an object (damaged file)");
  return {{{std::make_shared<Handle>(std::move(file), std::move(path)), root}}};
}

ManifestView Open(const py::object& path, bool copy) {
  std::string name = FsEncode(path);
  std::shared_ptr<const ManifestFile> file;
  {
    const py::gil_scoped_release release;
    file = OpenManifest(name, AccessFor(copy));
  }
  return ViewOf(std::move(file), std::move(name));
}

py::object Load(const py::object& path, bool copy) {
  const ManifestView manifest = Open(path, copy);
  return ToPlain(manifest.document(), manifest.cell);
}

// Opens a pickled Manifest. The file at the path may be another generation by now.
ManifestView OpenGeneration(const py::object& path, uint64_t generation, uint64_t checksum,
                            bool copy) {
  std::string name = FsEncode(path);
  std::shared_ptr<const ManifestFile> file;
  {
    const py::gil_scoped_release release;
    file = ManifestFile::OpenGeneration(name, generation, checksum, AccessFor(copy));
  }
  return ViewOf(std::move(file), std::move(name));
}

ManifestView OpenBytes(const py::bytes& bytes, const py::object& name) {
  const std::string_view text = bytes;
  std::string path = FsEncode(name);
  auto file = ManifestFile::OpenAnonymous(std::as_bytes(std::span(text)), path);
  return ViewOf(std::move(file), std::move(path));
}

// The manifest that is at the path now; nothing if `handle` already shows it.
std::optional<ManifestView> Newer(const HandlePtr& handle) {
  const ManifestFile& held = handle->file();
  std::shared_ptr<const ManifestFile> file;
  {
    const py::gil_scoped_release release;
    file = OpenNewer(handle->absolute_path(), held);
  }
  if (!file) return std::nullopt;
  return ViewOf(std::move(file), handle->path());
}

bool Refresh(Exclusively<ManifestView> manifest) {
  const HandlePtr before = manifest->handle;
  before->document();  // raises if it is closed
  auto newer = Newer(before);
  before->document();
  // Another thread may have refreshed the manifest meanwhile, to a newer file still.
  if (manifest->handle != before) return true;
  if (!newer) return false;
  static_cast<View&>(*manifest) = *std::move(newer);
  return true;
}

// The arguments (path, generation, checksum, copy) for open_generation; None for a manifest without
// a path.
py::object Reference(const ManifestView& manifest) {
  manifest.document();  // raises if it is closed
  const ManifestFile& file = manifest.handle->file();
  if (file.location().empty()) return py::none();
  const Header& header = file.document().header();
  return py::make_tuple(FsDecode(file.location()), header.generation, header.checksum,
                        file.access() == Access::kCopied);
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
  const StoredText path(field);
  const auto cell = path ? FindPath(document, node.cell, *path) : std::nullopt;
  if (!cell) RaiseKeyError(field);
  if (!cell->is(CellKind::kString)) {
    PyErr_Format(PyExc_TypeError, "%U: the field %R is not a string", unique_id.ptr(), field.ptr());
    throw py::error_already_set();
  }
  return ByteBuffer(node.handle, std::as_bytes(std::span(document.String(cell->index()))));
}

void CheckIntact(const ManifestView& manifest) {
  const HandlePtr handle = manifest.handle;
  const Document& document = manifest.document();
  const py::gil_scoped_release release;
  Verify(document);
}

// memoryview(m). Not pybind11's def_buffer, which turns every error into BufferError. The buffer
// itself keeps the memory alive: the manifest may be refreshed while the buffer is in use.
int GetFileBuffer(PyObject* self, Py_buffer* buffer, int flags) {
  try {
    const HandlePtr handle = py::handle(self).cast<ManifestView>().handle;
    const py::memoryview file = ByteBuffer(handle, handle->document().bytes());
    return PyObject_GetBuffer(file.ptr(), buffer, flags);
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
  py::class_<ManifestView, ObjectView> manifest(module, "Manifest", py::metaclass(ViewType()),
                                                py::custom_type_setup(&AddFileBuffer));
  BindSelection(manifest);
  BindListing(manifest);
  manifest.def("node", &Node, py::arg("unique_id"))
      .def("raw", &Raw, py::arg("unique_id"), py::arg("field"))
      .def_property_readonly("graph", [](const ManifestView& self) { return GraphOf(self.handle); })
      .def("verify", &CheckIntact)
      .def("refresh", &Refresh)
      .def("_newer",
           [](const ManifestView& self) -> py::object {
             auto newer = Newer(HandlePtr(self.handle));
             return newer ? py::cast(*std::move(newer)) : py::none();
           })
      .def("_reference", &Reference)
      .def("__reduce__",
           [](const py::object& self) {
             return py::module_::import("flatmanifest._sharing").attr("reduce_manifest")(self);
           })
      // Copies are plain values, as those of the other views.
      .def("__copy__", [](const ManifestView& self) { return ToPlain(self.document(), self.cell); })
      .def("__deepcopy__", [](const ManifestView& self,
                              const py::object&) { return ToPlain(self.document(), self.cell); })

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
             self.cast<ManifestView>().document();
             return self;
           })
      .def("__exit__", [](const ManifestView& self, const py::args&) { self.handle->Close(); });

  module.def("open", &Open, py::arg("path"), py::kw_only(), py::arg("copy") = false);
  module.def("load", &Load, py::arg("path"), py::kw_only(), py::arg("copy") = false);
  module.def("open_generation", &OpenGeneration, py::arg("path"), py::arg("generation"),
             py::arg("checksum"), py::arg("copy"));
  module.def("open_bytes", &OpenBytes, py::arg("bytes"), py::arg("name"));
}

}  // namespace flatmanifest::python
