// Manifest.select, and the lines of what it selects.

#ifndef FLATMANIFEST_BINDINGS_SELECTION_H_
#define FLATMANIFEST_BINDINGS_SELECTION_H_

#include <pybind11/pybind11.h>

#include "bindings/handle.h"

namespace flatmanifest::python {

void BindSelection(py::class_<ManifestView, ObjectView>& manifest);
void BindArtifactLines(py::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_SELECTION_H_
