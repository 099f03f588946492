// Portable files: recording and importing them.

#ifndef FLATMANIFEST_BINDINGS_PORTABLE_H_
#define FLATMANIFEST_BINDINGS_PORTABLE_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

void BindPortable(pybind11::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_PORTABLE_H_
