#ifndef FLATMANIFEST_BINDINGS_ERRORS_H_
#define FLATMANIFEST_BINDINGS_ERRORS_H_

#include <pybind11/pybind11.h>

#include <string_view>

namespace flatmanifest::python {

// Adds FormatError, ConvertError, SelectionError, DiffError, GraphError and GenerationError (all
// ValueErrors) and NodeNotFoundError (a KeyError) to the module. Translates the native errors of
// these names, StackError to RecursionError, and IoError to the OSError of its errno.
void BindErrors(pybind11::module_& module);

// os.fsdecode: messages contain file names, which may be any bytes.
pybind11::str FsDecode(std::string_view bytes);

// Raises a Python exception of that type.
[[noreturn]] void Raise(const pybind11::handle& type, std::string_view message);
// Raises KeyError with the key itself.
[[noreturn]] void RaiseKeyError(const pybind11::handle& key);
// Raises NodeNotFoundError with dbt's message (dbt/graph/graph.py, Graph.ancestors).
[[noreturn]] void RaiseNodeNotFound(const pybind11::handle& unique_id);

// Owns a new reference that the C API gave. Raises the pending Python error if it is null.
pybind11::object Steal(PyObject* object);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_ERRORS_H_
