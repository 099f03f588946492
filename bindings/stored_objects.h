// What of a file of objects Python asks for: its collections, the values in them, columns of their
// fields.

#ifndef FLATMANIFEST_BINDINGS_STORED_OBJECTS_H_
#define FLATMANIFEST_BINDINGS_STORED_OBJECTS_H_

#include <pybind11/pybind11.h>

#include <memory>
#include <span>

#include "bindings/object_reader.h"
#include "format/document.h"

namespace flatmanifest::python {

// One object of a file whose values are to be built one by one: a collection of the manifest.
struct StoredMap {
  std::shared_ptr<ObjectReader> reader;
  Cell cell;

  std::span<const StringId> keys() const { return reader->document().Keys(cell); }
  std::span<const Cell> values() const { return reader->document().Elements(cell); }
};

// Builds the value at a place of the map. Raises IndexError for a place that it has not.
py::object RestoreAt(const StoredMap& map, py::ssize_t place);

// StoredObjects and StoredMap.
void BindStoredObjects(py::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_STORED_OBJECTS_H_
