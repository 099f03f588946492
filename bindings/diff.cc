#include "bindings/diff.h"

#include <memory>
#include <string>
#include <utility>

#include "bindings/errors.h"
#include "bindings/handle.h"
#include "bindings/to_python.h"
#include "bindings/views.h"
#include "convert/text_buffer.h"
#include "diff/compared_files.h"
#include "diff/diff_output.h"
#include "diff/manifest_diff.h"

namespace flatmanifest::python {

namespace {

// One side: an open manifest, or a file that was opened for the comparison.
struct Side {
  std::shared_ptr<const void> owner;
  const ManifestFile* file;
  std::string path;
};

// The difference, with shares of both mappings, which it points into.
struct DiffView {
  Side old_side;
  Side side;
  ManifestDiff diff;
};

Side SideOf(const py::object& manifest) {
  if (py::isinstance<ManifestView>(manifest)) {
    const HandlePtr handle = py::cast<ManifestView>(manifest).handle;
    handle->document();  // raises if it is closed
    return {handle, &handle->file(), handle->path()};
  }
  std::string path = FsEncode(manifest);
  const py::gil_scoped_release release;
  auto file = OpenCompared(path);
  const ManifestFile* opened = file.get();
  return {std::move(file), opened, std::move(path)};
}

std::unique_ptr<DiffView> Diff(const py::object& old_manifest, const py::object& manifest,
                               bool compare_more_unrendered_values) {
  auto view = std::make_unique<DiffView>();
  view->old_side = SideOf(old_manifest);
  view->side = SideOf(manifest);
  const py::gil_scoped_release release;
  const ManifestFile& old_file = *view->old_side.file;
  const ManifestFile& file = *view->side.file;
  RequireTwoManifests(old_file, view->old_side.path, file, view->side.path);
  view->diff = DiffManifests(old_file.document(), file.document(),
                             {.compare_more_unrendered_values = compare_more_unrendered_values});
  return view;
}

py::str Render(const DiffView& view, const std::string& output) {
  BulkText text;
  {
    const py::gil_scoped_release release;
    WriteDiff(view.diff, ParseDiffFormat(output), text);
  }
  return FsDecode(text.text());
}

}  // namespace

void BindDiff(py::module_& module) {
  py::class_<DiffView>(module, "ManifestDiff", MadeHereOnly())
      .def("render", &Render, py::arg("output"))
      .def("is_empty", [](const DiffView& view) { return view.diff.IsEmpty(); });
  module.def("diff_manifests", &Diff, py::arg("old"), py::arg("new"), py::kw_only(),
             py::arg("state_modified_compare_more_unrendered_values") = false);
}

}  // namespace flatmanifest::python
