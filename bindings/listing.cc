#include "bindings/listing.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/errors.h"
#include "bindings/graph_view.h"
#include "bindings/selection.h"
#include "bindings/to_python.h"
#include "convert/text_buffer.h"
#include "listing/artifact_lines.h"
#include "listing/graphviz.h"
#include "listing/lineage.h"
#include "listing/list_output.h"
#include "listing/picture.h"

namespace flatmanifest::python {

namespace {

ListFormat FormatNamed(std::string_view name) {
  if (name == "selector") return ListFormat::kSelector;
  if (name == "name") return ListFormat::kName;
  if (name == "path") return ListFormat::kPath;
  if (name == "json") return ListFormat::kJson;
  Raise(PyExc_ValueError, "output is selector, name, path or json, not " + std::string(name));
}

// Raises KeyError for an id that no resource has.
std::vector<Row> FindRows(const Document& document, const py::iterable& unique_ids) {
  std::vector<Row> rows;
  for (const py::handle unique_id : unique_ids) {
    const auto id = py::cast<py::str>(unique_id);
    rows.push_back(FindRow(document, id));
    if (rows.back() == kNoRow) RaiseKeyError(id);
  }
  return rows;
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
  const std::vector<Row> rows = FindRows(document, unique_ids);
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

// The graph of these resources: a text tree, DOT text, or the SVG that Graphviz makes of the DOT
// text.
py::str Draw(const ManifestView& manifest, const py::iterable& unique_ids,
             const std::string& output) {
  const HandlePtr handle = manifest.handle;
  const Document& document = handle->document();
  if (output != "tree" && output != "dot" && output != "svg") {
    Raise(PyExc_ValueError, "output is tree, dot or svg, not " + output);
  }
  std::vector<Row> rows = FindRows(document, unique_ids);
  BulkText text;
  std::string svg;
  {
    const py::gil_scoped_release release;
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    const Lineage lineage = BuildLineage(Dependencies(document), rows);
    if (output == "tree") {
      WriteTree(document, lineage, TreeStyle(), text);
    } else {
      WriteDot(document, lineage, text);
    }
    if (output == "svg") svg = DotToSvg(text.text(), Layout::kLayers);
  }
  return FsDecode(output == "svg" ? svg : text.text());
}

// The lines of these resources from the artifact at `path`; None if it cannot give them all.
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

void BindListing(py::class_<ManifestView, ObjectView>& manifest) {
  manifest.def("draw", &Draw, py::arg("unique_ids"), py::arg("output") = "svg");
  manifest.def("list_lines", &ListLines, py::arg("unique_ids"), py::arg("output") = "selector",
               py::kw_only(), py::arg("output_keys") = py::none());
}

void BindArtifactLines(py::module_& module) {
  module.def("artifact_lines", &ArtifactLinesOf, py::arg("path"), py::arg("unique_ids"),
             py::arg("output_keys"));
}

}  // namespace flatmanifest::python
