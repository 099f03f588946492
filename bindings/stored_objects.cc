#include "bindings/stored_objects.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/handle.h"
#include "bindings/to_python.h"
#include "bindings/unbuilt.h"
#include "bindings/views.h"
#include "format/checksum.h"
#include "format/field_path.h"
#include "format/scalar.h"
#include "store/trust.h"

namespace flatmanifest::python {

namespace {

struct StoredObjects {
  std::shared_ptr<ObjectReader> reader;
  std::string path;

  Cell At(const py::str& key) const {
    const Document& document = reader->document();
    const auto bytes = Utf8(key);
    const auto found = bytes ? document.Find(document.root(), *bytes) : std::nullopt;
    if (!found) RaiseKeyError(key);
    return *found;
  }
};

StoredObjects OpenObjects(const py::object& path, const py::object& resolve) {
  const std::string name = FsEncode(path);
  std::shared_ptr<const ManifestFile> file;
  {
    const py::gil_scoped_release release;
    RequireTrustedFile(name);
    file = ManifestFile::Open(name);
  }
  const Document& document = file->document();
  if (document.header().kind != DocumentKind::kInternal) {
    document.Fail("it holds an artifact, not objects");
  }
  // The checksum is checked now: objects are built while dbt runs, and dbt could not handle damage
  // at that time.
  if (Checksum(document.bytes(), document.checksum_offset()) != document.header().checksum) {
    document.Fail("the checksum is wrong (damaged file)");
  }
  return {std::make_shared<ObjectReader>(std::move(file), resolve), name};
}

StoredMap MapAt(const StoredObjects& objects, const py::str& key) {
  const Cell cell = objects.At(key);
  if (!cell.is(CellKind::kObject)) objects.reader->document().Fail("a collection is no object");
  return {objects.reader, cell};
}

Cell ValueAt(const StoredMap& map, py::ssize_t index) {
  const auto values = map.values();
  if (index < 0 || static_cast<size_t>(index) >= values.size()) {
    throw py::index_error("no such value");
  }
  return values[static_cast<size_t>(index)];
}

// Replaces each Unbuilt value of a dict by the built one. Nothing else may change the dict
// meanwhile; building values runs no code that does.
void BuildInto(const py::dict& dict) {
  const GarbageCollectionPause pause;
  const CriticalSection section(dict);
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(dict.ptr(), &position, &key, &value) != 0) {
    const Unbuilt* const unbuilt = AsUnbuilt(value);
    if (unbuilt == nullptr || unbuilt->finish != nullptr) continue;
    const auto kept = py::reinterpret_borrow<py::object>(key);
    const py::object built = RestoreAt(*unbuilt->stored, unbuilt->place);
    if (PyDict_SetItem(dict.ptr(), kept.ptr(), built.ptr()) != 0) throw py::error_already_set();
  }
}

// Calls `differs(key)` for each value of a dict that is neither the Unbuilt of the map's value nor
// equal to it, until one call returns false. Returns false then, and if the dict has not the keys
// of the map in the same order.
template <typename Differs>
bool Compare(const StoredMap& map, const py::dict& dict, const Differs& differs) {
  const auto keys = map.keys();
  const auto values = map.values();
  if (dict.size() != values.size()) return false;
  const CriticalSection section(dict);
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  for (size_t i = 0; PyDict_Next(dict.ptr(), &position, &key, &value) != 0; ++i) {
    // Comparing may run Python code, which may change the dict.
    const auto kept_key = py::reinterpret_borrow<py::object>(key);
    const auto kept = py::reinterpret_borrow<py::object>(value);
    if (i >= values.size() || !PyUnicode_Check(key)) return false;
    if (PyUnicode_Compare(key, map.reader->Text(keys[i]).ptr()) != 0) return false;
    const Unbuilt* const unbuilt = AsUnbuilt(value);
    const bool is_same =
        unbuilt != nullptr ? StandsFor(*unbuilt, map, i) : map.reader->Equals(values[i], kept);
    if (!is_same && !differs(kept_key)) return false;
  }
  return true;
}

// Whether a dict has the keys of the map in the same order, and each value is its Unbuilt or equals
// it.
bool Matches(const StoredMap& map, const py::dict& dict) {
  return Compare(map, dict, [](const py::object&) { return false; });
}

// The keys of a dict whose values differ from the map's, built or not; None if the dict has not the
// keys of the map in the same order.
py::object Differing(const StoredMap& map, const py::dict& dict) {
  py::list differing;
  const auto note = [&differing](const py::object& key) {
    differing.append(key);
    return true;
  };
  return Compare(map, dict, note) ? py::object(differing) : py::none();
}

// A field of every value, or a part of a field (a dotted path); None where it is missing.
py::list Column(const StoredMap& map, const py::str& field) {
  const GarbageCollectionPause pause;
  const Document& document = map.reader->document();
  const auto path = Utf8(field);
  py::list column;
  for (const Cell value : map.values()) {
    const auto found = path ? FindPath(document, value, *path) : std::nullopt;
    column.append(found ? map.reader->Restore(*found) : py::none());
  }
  return column;
}

// The keys of the values that have a date in them.
py::list Dated(const StoredMap& map, const py::args& apart) {
  std::vector<std::string> names;
  for (const py::handle name : apart) names.push_back(py::cast<std::string>(name));
  py::list dated;
  const auto keys = map.keys();
  const auto values = map.values();
  for (size_t i = 0; i < values.size(); ++i) {
    if (HasDate(map.reader->document(), values[i], names)) dated.append(map.reader->Text(keys[i]));
  }
  return dated;
}

py::list KeysOf(const StoredMap& map) {
  py::list keys;
  for (const StringId key : map.keys()) keys.append(map.reader->Text(key));
  return keys;
}

// The same file as a Manifest, for its graph and for selections.
ManifestView ManifestOf(const StoredObjects& objects) {
  const auto& file = objects.reader->file();
  return {{{std::make_shared<Handle>(file, objects.path), file->document().root()}}};
}

}  // namespace

py::object RestoreAt(const StoredMap& map, py::ssize_t place) {
  return map.reader->Restore(ValueAt(map, place));
}

void BindStoredObjects(py::module_& module) {
  py::class_<StoredMap>(module, "StoredMap", MadeHereOnly())
      .def("__len__", [](const StoredMap& self) { return self.values().size(); })
      .def("keys", &KeysOf)
      .def("column", &Column)
      .def("dated", &Dated)
      .def("matches", &Matches)
      .def("differing", &Differing)
      .def(
          "fill",
          [](const py::object& self, const py::dict& dict, const py::object& finish) {
            FillUnbuilt(self, dict, finish);
          },
          py::arg("dict"), py::arg("finish") = py::none())
      .def("restore", &RestoreAt)
      .def("equals", [](const StoredMap& self, py::ssize_t index, const py::object& value) {
        return self.reader->Equals(ValueAt(self, index), value);
      });
  py::class_<StoredObjects>(module, "StoredObjects", MadeHereOnly())
      .def("restore", [](const StoredObjects& self,
                         const py::str& key) { return self.reader->Restore(self.At(key)); })
      .def("equals",
           [](const StoredObjects& self, const py::str& key, const py::object& value) {
             return self.reader->Equals(self.At(key), value);
           })
      .def("map", &MapAt)
      .def("manifest", &ManifestOf)
      .def("names",
           [](const StoredObjects& self) {
             const Document& document = self.reader->document();
             return KeysOf({self.reader, document.root()});
           })
      .def_property_readonly("generation", [](const StoredObjects& self) {
        return self.reader->document().header().generation;
      });
  module.def("build_values", &BuildInto, py::arg("dict"));
  module.def("open_objects", &OpenObjects, py::arg("path"), py::arg("resolve"));
}

}  // namespace flatmanifest::python
