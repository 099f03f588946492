#include "bindings/selection.h"

#include <optional>

#include "bindings/errors.h"
#include "bindings/graph_view.h"
#include "bindings/to_python.h"
#include "listing/earlier_run.h"
#include "select/selection.h"

namespace flatmanifest::python {

namespace {

std::string Text(const py::handle& text, const char* name) {
  const StoredText bytes(text);
  if (!bytes) {
    Raise(PyExc_TypeError, std::string(name) + " must be a str or an iterable of str, not " +
                               Py_TYPE(text.ptr())->tp_name);
  }
  return std::string(*bytes);
}

void Warn(const py::list& warnings) {
  if (warnings.empty()) return;
  const py::object category = py::module_::import("flatmanifest").attr("SelectionWarning");
  const py::object warn = py::module_::import("warnings").attr("warn");
  for (const py::handle text : warnings) warn(text, category, py::arg("stacklevel") = 1);
}

// The ids, and the texts of dbt's warnings.
py::tuple SelectWithWarnings(const ManifestView& manifest, const py::object& select,
                             const py::object& exclude, const py::object& selector,
                             const py::object& resource_type,
                             const py::object& exclude_resource_type,
                             const std::string& indirect_selection, bool include_empty,
                             const py::object& project_dir, const py::object& state,
                             const py::object& target, bool compare_more_unrendered_values,
                             const py::object& dbt_version) {
  const HandlePtr handle = manifest.handle;
  handle->document();  // raises if it is closed
  SelectionRequest request;
  if (!select.is_none()) request.select = Texts(select, "select");
  request.exclude = Texts(exclude, "exclude");
  if (!selector.is_none()) request.selector = Text(selector, "selector");
  request.resource_types = Texts(resource_type, "resource_type");
  request.exclude_resource_types = Texts(exclude_resource_type, "exclude_resource_type");
  request.indirect_selection = ParseIndirectSelection(indirect_selection);
  request.include_empty = include_empty;
  if (!dbt_version.is_none()) request.dbt_version = Text(dbt_version, "dbt_version");
  if (!project_dir.is_none()) request.project_directory = FsEncode(project_dir);
  const std::string state_directory = state.is_none() ? "" : FsEncode(state);
  const std::string target_directory = target.is_none() ? "" : FsEncode(target);
  Selection selection;
  {
    const py::gil_scoped_release release;
    std::optional<EarlierRun> earlier;
    if (!state_directory.empty()) {
      earlier.emplace(state_directory, target_directory);
      request.state = earlier->state();
      request.state.compare_more_unrendered_values = compare_more_unrendered_values;
    }
    selection = handle->selector().Select(request);
  }
  py::list warnings;
  for (const std::string& text : selection.warnings) warnings.append(FsDecode(text));
  const GraphView graph = GraphOf(handle);
  return py::make_tuple(IdList(graph, *graph.graph, selection.rows), warnings);
}

py::object Select(const py::args& args, const py::kwargs& options) {
  const py::object select = py::type::of<ManifestView>().attr("select_with_warnings");
  const py::tuple selected = select(*args, **options);
  Warn(selected[1]);
  return py::module_::import("flatmanifest._selection").attr("Selection")(selected[0], args[0]);
}

}  // namespace

std::vector<std::string> Texts(const py::handle& texts, const char* name) {
  if (texts.is_none()) return {};
  if (PyUnicode_Check(texts.ptr())) return {Text(texts, name)};
  if (!py::hasattr(texts, "__iter__")) Text(texts, name);
  std::vector<std::string> all;
  for (const py::handle text : texts) all.push_back(Text(text, name));
  return all;
}

void BindSelection(py::class_<ManifestView, ObjectView>& manifest) {
  manifest.def("select_with_warnings", &SelectWithWarnings, py::arg("select") = py::none(),
               py::kw_only(), py::arg("exclude") = py::none(), py::arg("selector") = py::none(),
               py::arg("resource_type") = py::none(), py::arg("exclude_resource_type") = py::none(),
               py::arg("indirect_selection") = "eager", py::arg("include_empty") = true,
               py::arg("project_dir") = py::none(), py::arg("state") = py::none(),
               py::arg("target") = py::none(),
               py::arg("state_modified_compare_more_unrendered_values") = false,
               py::arg("dbt_version") = py::none());
  manifest.def("select", &Select);
}

}  // namespace flatmanifest::python
