#ifndef FLATMANIFEST_BINDINGS_VIEWS_H_
#define FLATMANIFEST_BINDINGS_VIEWS_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

// For py::class_: only open() makes instances. Without it `Object.__new__(Object)` would give an
// instance that holds nothing, and its methods would follow a wild pointer.
pybind11::custom_type_setup MadeHereOnly();

// For the setup of a type: its repr is the function of python/flatmanifest/_views.py. It is a slot
// of the type, because pprint looks `__repr__` up in a dict, and methods of pybind11 cannot be
// hashed.
void SetUpRepr(PyHeapTypeObject* type);

// The metaclass of Object and Array, and of the classes derived from them.
pybind11::object ViewType();

// Object, Array and Node: Mapping and Sequence views of values, and their iterators.
void BindViews(pybind11::module_& module);

// Manifest, open, load, open_generation, open_bytes.
void BindManifest(pybind11::module_& module);

// convert, split_json.
void BindConvert(pybind11::module_& module);

// Buffer, the type behind memoryviews.
void BindBuffers(pybind11::module_& module);

// Graph.
void BindGraph(pybind11::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_VIEWS_H_
