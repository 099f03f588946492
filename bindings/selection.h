// Manifest.select (native/select).

#ifndef FLATMANIFEST_BINDINGS_SELECTION_H_
#define FLATMANIFEST_BINDINGS_SELECTION_H_

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "bindings/handle.h"

namespace flatmanifest::python {

// Converts a str or an iterable of str; None gives an empty list. Raises TypeError with the name of
// the argument.
std::vector<std::string> Texts(const py::handle& texts, const char* name);

// select, select_with_warnings.
void BindSelection(py::class_<ManifestView, ObjectView>& manifest);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_SELECTION_H_
