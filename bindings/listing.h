// Lines and drawings of resources (native/listing).

#ifndef FLATMANIFEST_BINDINGS_LISTING_H_
#define FLATMANIFEST_BINDINGS_LISTING_H_

#include <pybind11/pybind11.h>

#include "bindings/handle.h"

namespace flatmanifest::python {

// Manifest.list_lines, Manifest.draw.
void BindListing(py::class_<ManifestView, ObjectView>& manifest);
// artifact_lines.
void BindArtifactLines(py::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_LISTING_H_
