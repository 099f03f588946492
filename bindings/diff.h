// Differences of two manifests (native/diff).

#ifndef FLATMANIFEST_BINDINGS_DIFF_H_
#define FLATMANIFEST_BINDINGS_DIFF_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

// ManifestDiff, diff_manifests.
void BindDiff(pybind11::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_DIFF_H_
