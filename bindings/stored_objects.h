// Python's access to a file of objects: its collections, their values, and columns of fields.

#ifndef FLATMANIFEST_BINDINGS_STORED_OBJECTS_H_
#define FLATMANIFEST_BINDINGS_STORED_OBJECTS_H_

#include <pybind11/pybind11.h>

#include <memory>
#include <span>

#include "bindings/object_reader.h"
#include "format/document.h"

namespace flatmanifest::python {

// A collection of the manifest, an object of the file whose values are built one by one.
struct StoredMap {
  std::shared_ptr<ObjectReader> reader;
  Cell cell;

  std::span<const StringId> keys() const { return reader->document().Keys(cell); }
  std::span<const Cell> values() const { return reader->document().Elements(cell); }
};

// Builds the value at a place of the map. Raises IndexError for a place out of range.
py::object RestoreAt(const StoredMap& map, py::ssize_t place);

// StoredObjects, StoredMap, build_values, open_objects.
void BindStoredObjects(py::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_STORED_OBJECTS_H_
