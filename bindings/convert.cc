#include "convert/convert.h"

#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/to_python.h"
#include "bindings/views.h"
#include "convert/json_split.h"
#include "store/publish.h"

namespace flatmanifest::python {

namespace {

// A warning; it raises only if the caller has turned warnings into errors.
void WarnUnlessDurable(const Durability& durability) {
  if (durability.is_certain()) return;
  const py::str text = py::str(FsDecode(durability.warning));
  if (PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "%U", text.ptr()) != 0)
    throw py::error_already_set();
}

std::filesystem::path Convert(const py::object& input, const py::object& output) {
  const std::string source = FsEncode(input);
  const std::string target = output.is_none() ? DefaultOutput(source) : FsEncode(output);
  Published published;
  {
    const py::gil_scoped_release release;
    published = ConvertFile(source, target);
  }
  WarnUnlessDurable(published.durability);
  return target;
}

// The list [(key, members, begin, end), ...]. `members` is None, or [(key, begin, end), ...] of an
// object.
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

}  // namespace

void BindConvert(py::module_& module) {
  module.def("convert", &Convert, py::arg("input"), py::arg("output") = py::none());
  module.def("split_json", &SplitFile, py::arg("path"));
}

}  // namespace flatmanifest::python
