#ifndef FLATMANIFEST_BINDINGS_ERRORS_H_
#define FLATMANIFEST_BINDINGS_ERRORS_H_

#include <pybind11/pybind11.h>

#include <string_view>

namespace flatmanifest::python {

// Adds FormatError, ConvertError and GraphError, all ValueErrors, and NodeNotFoundError, a
// KeyError, to the module, and translates the errors of format/error.h and graph/graph_error.h: the
// first three by name, IoError to the OSError that its errno stands for.
void BindErrors(pybind11::module_& module);

// As os.fsdecode: messages name files, and the name of a file can be any bytes.
pybind11::str FsDecode(std::string_view bytes);

// Raises a Python exception of that type.
[[noreturn]] void Raise(const pybind11::handle& type, std::string_view message);
// KeyError, with the key itself.
[[noreturn]] void RaiseKeyError(const pybind11::handle& key);
// NodeNotFoundError, with dbt's message (dbt/graph/graph.py, Graph.ancestors).
[[noreturn]] void RaiseNodeNotFound(const pybind11::handle& unique_id);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_ERRORS_H_
