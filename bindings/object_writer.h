// Live Python objects into a file, with no JSON in between.

#ifndef FLATMANIFEST_BINDINGS_OBJECT_WRITER_H_
#define FLATMANIFEST_BINDINGS_OBJECT_WRITER_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

// publish_objects, which StoredObjects reads.
void BindObjectWriter(pybind11::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_OBJECT_WRITER_H_
