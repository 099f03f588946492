// The object that stands in a dict for a value of a stored map that has not been built.
//
// A C library that reads such a dict (PyDict_Next) sees these objects instead of the values. So
// they are of a type that none knows: it refuses them, or hands them to the function that its user
// gives for such types, which `flatmanifest.json_default` is one of.

#ifndef FLATMANIFEST_BINDINGS_UNBUILT_H_
#define FLATMANIFEST_BINDINGS_UNBUILT_H_

#include <pybind11/pybind11.h>

#include "bindings/stored_objects.h"

namespace flatmanifest::python {

// Immutable. Holds a share of the map, which holds none of it: no cycle for the garbage collector.
struct Unbuilt {
  PyObject_HEAD PyObject* map;  // a StoredMap, which keeps `stored` alive
  PyObject* finish;             // what is called with the value when it is built; may be null
  const StoredMap* stored;      // what `map` is
  Py_ssize_t place;             // of the value in the map
};

// Null if the object is none.
const Unbuilt* AsUnbuilt(PyObject* object);

// Whether it stands for the value at that place of that map.
bool StandsFor(const Unbuilt& unbuilt, const StoredMap& map, size_t place);

// Gives the dict the keys of the map, in its order, each with what stands for its value.
void FillUnbuilt(const py::object& map, const py::dict& dict, const py::object& finish);

void BindUnbuilt(py::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_UNBUILT_H_
