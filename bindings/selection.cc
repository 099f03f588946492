#include "bindings/selection.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bindings/errors.h"
#include "bindings/graph_view.h"
#include "bindings/to_python.h"
#include "convert/text_buffer.h"
#include "listing/artifact_lines.h"
#include "listing/earlier_run.h"
#include "listing/graphviz.h"
#include "listing/lineage.h"
#include "listing/list_output.h"
#include "listing/picture.h"
#include "select/selection.h"
#include "select/spec.h"

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

// A str, or an iterable of them.
std::vector<std::string> Texts(const py::handle& texts, const char* name) {
  if (texts.is_none()) return {};
  if (PyUnicode_Check(texts.ptr())) return {Text(texts, name)};
  if (!py::hasattr(texts, "__iter__")) Text(texts, name);
  std::vector<std::string> all;
  for (const py::handle text : texts) all.push_back(Text(text, name));
  return all;
}

void Warn(const py::list& warnings) {
  if (warnings.empty()) return;
  const py::object category = py::module_::import("flatmanifest").attr("SelectionWarning");
  const py::object warn = py::module_::import("warnings").attr("warn");
  for (const py::handle text : warnings) warn(text, category, py::arg("stacklevel") = 1);
}

// The ids, and the texts of what dbt warns of.
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

ListFormat FormatNamed(std::string_view name) {
  if (name == "selector") return ListFormat::kSelector;
  if (name == "name") return ListFormat::kName;
  if (name == "path") return ListFormat::kPath;
  if (name == "json") return ListFormat::kJson;
  Raise(PyExc_ValueError, "output is selector, name, path or json, not " + std::string(name));
}

py::list ListLines(const ManifestView& manifest, const py::iterable& unique_ids,
                   const std::string& output, const py::object& output_keys) {
  const HandlePtr handle = manifest.handle;
  const Document& document = handle->document();
  const ListFormat format = FormatNamed(output);
  if (format == ListFormat::kJson && document.header().kind == DocumentKind::kInternal) {
    document.Fail("it holds dbt's objects, which have no JSON here");
  }
  const std::vector<std::string> keys = Texts(output_keys, "output_keys");
  std::vector<Row> rows;
  for (const py::handle unique_id : unique_ids) {
    const auto id = py::cast<py::str>(unique_id);
    rows.push_back(FindRow(document, id));
    if (rows.back() == kNoRow) RaiseKeyError(id);
  }
  BulkText text;
  std::vector<size_t> ends;
  WithoutGil([&] { WriteList(document, rows, format, keys, text, &ends); });
  py::list lines;
  size_t begin = 0;
  for (const size_t end : ends) {
    lines.append(ToStr(document, text.text().substr(begin, end - 1 - begin)));
    begin = end;
  }
  return lines;
}

// How these resources hang together: a tree of text, Graphviz's language, or the SVG that its
// program makes of that.
py::str Draw(const ManifestView& manifest, const py::iterable& unique_ids,
             const std::string& output) {
  const HandlePtr handle = manifest.handle;
  const Document& document = handle->document();
  if (output != "tree" && output != "dot" && output != "svg") {
    Raise(PyExc_ValueError, "output is tree, dot or svg, not " + output);
  }
  std::set<Row> rows;
  for (const py::handle unique_id : unique_ids) {
    const auto id = py::cast<py::str>(unique_id);
    const Row row = FindRow(document, id);
    if (row == kNoRow) RaiseKeyError(id);
    rows.insert(row);
  }
  BulkText text;
  std::string svg;
  {
    const py::gil_scoped_release release;
    const std::vector<Row> ascending(rows.begin(), rows.end());
    const Lineage lineage = BuildLineage(Dependencies(document), ascending);
    if (output == "tree") {
      WriteTree(document, lineage, TreeStyle(), text);
    } else {
      WriteDot(document, lineage, text);
    }
    if (output == "svg") svg = DotToSvg(text.text(), Layout::kLayers);
  }
  return FsDecode(output == "svg" ? svg : text.text());
}

// What the artifact at `path` says of each, None if it does not.
py::object ArtifactLinesOf(const py::object& path, const py::iterable& unique_ids,
                           const py::object& output_keys) {
  const std::string name = FsEncode(path);
  const std::vector<std::string> ids = Texts(unique_ids, "unique_ids");
  const std::vector<std::string> keys = Texts(output_keys, "output_keys");
  std::optional<std::vector<std::string>> lines;
  {
    const py::gil_scoped_release release;
    lines = ArtifactLines(name, ids, keys);
  }
  if (!lines) return py::none();
  py::list found;
  for (const std::string& line : *lines) found.append(py::str(line));
  return found;
}

}  // namespace

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
  manifest.def("draw", &Draw, py::arg("unique_ids"), py::arg("output") = "svg");
  manifest.def("list_lines", &ListLines, py::arg("unique_ids"), py::arg("output") = "selector",
               py::kw_only(), py::arg("output_keys") = py::none());
}

void BindArtifactLines(py::module_& module) {
  module.def("artifact_lines", &ArtifactLinesOf, py::arg("path"), py::arg("unique_ids"),
             py::arg("output_keys"));
}

}  // namespace flatmanifest::python
