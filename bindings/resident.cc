#include "bindings/resident.h"

#include "bindings/to_python.h"
#include "resident/start_variables.h"

namespace flatmanifest::python {

namespace py = pybind11;

void BindResident(py::module_& module) {
  module.def(
      "is_read_at_start",
      [](const py::str& name) { return resident::IsReadAtStart(FsEncode(name)); }, py::arg("name"));
}

}  // namespace flatmanifest::python
