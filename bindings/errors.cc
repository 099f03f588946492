#include "bindings/errors.h"

#include <cstring>

#include "format/error.h"

namespace flatmanifest::python {

namespace py = pybind11;

void BindErrors(py::module_& module) {
  py::register_exception<FormatError>(module, "FormatError", PyExc_ValueError).attr("__module__") =
      "flatmanifest";
  py::register_exception<ConvertError>(module, "ConvertError", PyExc_ValueError)
      .attr("__module__") = "flatmanifest";
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const IoError& io) {
      // OSError picks its subclass, FileNotFoundError and so on, by the errno.
      const py::tuple arguments =
          py::make_tuple(io.error_number(), std::strerror(io.error_number()), io.path());
      PyErr_SetObject(PyExc_OSError, arguments.ptr());
    }
  });
}

}  // namespace flatmanifest::python
