// flatmanifest._native: the native rooms, for Python. Types and errors are translated here and
// nothing else is done; python/flatmanifest/_native.pyi documents the classes.

#include <pybind11/pybind11.h>

#include "bindings/diff.h"
#include "bindings/errors.h"
#include "bindings/freshness.h"
#include "bindings/front.h"
#include "bindings/interruption.h"
#include "bindings/listing.h"
#include "bindings/object_writer.h"
#include "bindings/portable.h"
#include "bindings/resident.h"
#include "bindings/stored_objects.h"
#include "bindings/unbuilt.h"
#include "bindings/views.h"

namespace py = pybind11;

PYBIND11_MODULE(_native, module, py::mod_gil_not_used()) {
  module.attr("__version__") = FLATMANIFEST_VERSION;
  flatmanifest::python::BindErrors(module);
  flatmanifest::python::BindInterruption();
  flatmanifest::python::BindViews(module);
  flatmanifest::python::BindBuffers(module);
  flatmanifest::python::BindGraph(module);
  flatmanifest::python::BindManifest(module);
  flatmanifest::python::BindConvert(module);
  flatmanifest::python::BindArtifactLines(module);
  flatmanifest::python::BindDiff(module);
  flatmanifest::python::BindFreshness(module);
  flatmanifest::python::BindFront(module);
  flatmanifest::python::BindResident(module);
  flatmanifest::python::BindPortable(module);
  flatmanifest::python::BindStoredObjects(module);
  flatmanifest::python::BindUnbuilt(module);
  flatmanifest::python::BindObjectWriter(module);
}
