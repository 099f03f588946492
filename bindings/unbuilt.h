// The placeholder, in a dict, for a value of a stored map that has not been built.
//
// A C library that reads such a dict with PyDict_Next sees these objects instead of the values.
// Their type is known to no library, so a library refuses them or passes them to its user's
// function for unknown types (for example `flatmanifest.json_default`).

#ifndef FLATMANIFEST_BINDINGS_UNBUILT_H_
#define FLATMANIFEST_BINDINGS_UNBUILT_H_

#include <pybind11/pybind11.h>

#include "bindings/stored_objects.h"

namespace flatmanifest::python {

// Immutable. Holds a share of the map; the map holds no Unbuilt, so there is no reference cycle.
struct Unbuilt {
  PyObject_HEAD PyObject* map;  // a StoredMap, which keeps `stored` alive
  PyObject* finish;             // what is called with the value when it is built; may be null
  const StoredMap* stored;      // what `map` is
  Py_ssize_t place;             // of the value in the map
};

// The object as an Unbuilt; null if it is none.
const Unbuilt* AsUnbuilt(PyObject* object);

// Whether `unbuilt` is the placeholder for the value at that place of that map.
bool StandsFor(const Unbuilt& unbuilt, const StoredMap& map, size_t place);

// Fills the dict with the keys of the map, in its order, each with an Unbuilt for its value.
void FillUnbuilt(const py::object& map, const py::dict& dict, const py::object& finish);

void BindUnbuilt(py::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_UNBUILT_H_
