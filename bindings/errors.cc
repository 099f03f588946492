#include "bindings/errors.h"

#include <pybind11/gil_safe_call_once.h>

#include "diff/manifest_diff.h"
#include "format/error.h"
#include "graph/graph_error.h"
#include "select/request.h"

namespace flatmanifest::python {

namespace py = pybind11;

namespace {

// py::register_exception is not used: it requires UTF-8 messages.
template <typename Native>
void BindValueError(py::module_& module, const char* name) {
  PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<py::object> type;
  type.call_once_and_store_result([&] {
    py::exception<Native> made(module, name, PyExc_ValueError);
    made.attr("__module__") = "flatmanifest";
    return py::object(made);
  });
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const Native& failure) {
      PyErr_SetObject(type.get_stored().ptr(), FsDecode(failure.message()).ptr());
    }
  });
}

PYBIND11_CONSTINIT py::gil_safe_call_once_and_store<py::object> node_not_found;

// KeyError shows its message as the repr of a key; this one shows it as it is.
void BindNodeNotFoundError(py::module_& module) {
  node_not_found.call_once_and_store_result([] {
    py::dict members;
    members["__str__"] = py::handle(PyExc_Exception).attr("__str__");
    PyObject* type =
        PyErr_NewException("flatmanifest.NodeNotFoundError", PyExc_KeyError, members.ptr());
    if (type == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(type);
  });
  module.attr("NodeNotFoundError") = node_not_found.get_stored();
}

}  // namespace

py::str FsDecode(std::string_view bytes) {
  PyObject* text =
      PyUnicode_DecodeFSDefaultAndSize(bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

py::object Steal(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

void Raise(const py::handle& type, std::string_view message) {
  PyErr_SetObject(type.ptr(), FsDecode(message).ptr());
  throw py::error_already_set();
}

void RaiseKeyError(const py::handle& key) {
  PyErr_SetObject(PyExc_KeyError, key.ptr());
  throw py::error_already_set();
}

void RaiseNodeNotFound(const py::handle& unique_id) {
  PyErr_Format(node_not_found.get_stored().ptr(), "Node %U not found in the graph!",
               unique_id.ptr());
  throw py::error_already_set();
}

void BindErrors(py::module_& module) {
  BindValueError<FormatError>(module, "FormatError");
  BindValueError<ConvertError>(module, "ConvertError");
  BindValueError<SelectionError>(module, "SelectionError");
  BindValueError<DiffError>(module, "DiffError");
  BindValueError<GraphError>(module, "GraphError");
  BindValueError<GenerationError>(module, "GenerationError");
  BindNodeNotFoundError(module);
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const StackError& failure) {
      PyErr_SetObject(PyExc_RecursionError, FsDecode(failure.message()).ptr());
    } catch (const IoError& io) {
      // OSError picks its subclass, FileNotFoundError and so on, by the errno. Python 3.10 compares
      // the type that is given here with `except`, not that of the object.
      const py::tuple arguments =
          py::make_tuple(io.error_number(), FsDecode(io.reason()), FsDecode(io.path()));
      const py::object made = py::handle(PyExc_OSError)(*arguments);
      PyErr_SetObject(py::type::handle_of(made).ptr(), made.ptr());
    }
  });
}

}  // namespace flatmanifest::python
