#ifndef FLATMANIFEST_BINDINGS_ERRORS_H_
#define FLATMANIFEST_BINDINGS_ERRORS_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

// Adds FormatError and ConvertError, both ValueErrors, to the module, and translates the errors of
// format/error.h: those two by name, IoError to the OSError that its errno stands for.
void BindErrors(pybind11::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_ERRORS_H_
