// Manifest.select.

#ifndef FLATMANIFEST_BINDINGS_SELECTION_H_
#define FLATMANIFEST_BINDINGS_SELECTION_H_

#include <pybind11/pybind11.h>

#include "bindings/handle.h"

namespace flatmanifest::python {

void BindSelection(py::class_<ManifestView, ObjectView>& manifest);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_SELECTION_H_
