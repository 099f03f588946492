#include "bindings/object_writer.h"

#include <datetime.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/object_marker.h"
#include "bindings/stored_objects.h"
#include "bindings/to_python.h"
#include "bindings/unbuilt.h"
#include "convert/convert.h"
#include "format/copier.h"
#include "store/publish.h"
#include "store/trust.h"

namespace flatmanifest::python {

namespace {

constexpr int64_t kMicrosecondsPerSecond = 1'000'000;

class ObjectWriter {
 public:
  // `describe(type)` gives the path "module:Class" of a class and the names of the fields to store:
  // a list for a dataclass, None for an Enum. It raises TypeError for other types.
  explicit ObjectWriter(py::object describe) : describe_(std::move(describe)) {
    PyDateTime_IMPORT;
    enum_type_ = py::module_::import("enum").attr("Enum");
  }

  Cell Add(const py::handle& value) {
    ++value_count_;
    PyObject* const object = value.ptr();
    if (object == Py_None) return Cell::Null();
    if (object == Py_True) return Cell::Bool(true);
    if (object == Py_False) return Cell::Bool(false);
    if (PyUnicode_CheckExact(object)) return Cell::String(StringOf(value));
    if (PyLong_CheckExact(object)) return AddInteger(value);
    if (PyFloat_CheckExact(object)) return writer_.AddDouble(PyFloat_AS_DOUBLE(object));
    if (const Unbuilt* const unbuilt = AsUnbuilt(object)) return AddUnbuilt(*unbuilt, value);
    const Nesting nesting(*this);
    if (PyDict_Check(object)) return AddDict(value);
    if (PyList_Check(object)) return AddElements(value);
    if (PyTuple_Check(object)) return AddMarked(kTupleMarker, AddTuple(value));
    return AddOther(value);
  }

  FileImage Finish(Cell root, uint64_t generation) && {
    return FinishManifest(
        std::move(writer_), root,
        {.kind = DocumentKind::kInternal, .generation = generation, .value_count = value_count_});
  }

 private:
  struct Class {
    py::object type;  // kept, so that its address stays its own
    std::string path;
    bool is_enum = false;
    std::vector<py::object> names;
    std::vector<StringId> fields;
    // Markers, by the fields that hold members of Enums and the addresses of these Enums.
    std::unordered_map<std::string, StringId> markers;
  };

  class Nesting {
   public:
    explicit Nesting(ObjectWriter& writer) : writer_(writer) {
      if (++writer_.depth_ >= kMaxDepth / 2) {  // an instance may be two levels of the file
        Raise(PyExc_ValueError, "the objects are nested too deeply, or hold themselves");
      }
    }
    ~Nesting() { --writer_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ObjectWriter& writer_;
  };

  StringId StringOf(const py::handle& text) {
    const auto bytes = Utf8(text);
    if (!bytes) Raise(PyExc_ValueError, "a str holds a lone surrogate, which UTF-8 has not");
    return writer_.AddString(*bytes);
  }

  Cell AddInteger(const py::handle& value) {
    int overflow = 0;
    const long long small = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow == 0) return writer_.AddInt(small);
    if (overflow > 0) {
      const unsigned long long large = PyLong_AsUnsignedLongLong(value.ptr());
      if (PyErr_Occurred() == nullptr) return writer_.AddUint(large);
      PyErr_Clear();
    }
    return writer_.AddBigInt(std::string(py::str(value)));
  }

  Cell AddElements(const py::handle& list) {
    std::vector<Cell> elements;
    elements.reserve(static_cast<size_t>(PyList_GET_SIZE(list.ptr())));
    for (Py_ssize_t i = 0; const py::object element = ElementOf(list, i); ++i) {
      elements.push_back(Add(element));
    }
    return writer_.AddArray(elements);
  }

  Cell AddTuple(const py::handle& tuple) {
    std::vector<Cell> elements;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple.ptr()); ++i) {
      elements.push_back(Add(PyTuple_GET_ITEM(tuple.ptr(), i)));
    }
    return writer_.AddArray(elements);
  }

  Cell AddMarked(std::string_view marker, Cell value) {
    ++value_count_;
    const StringId key = writer_.AddString(marker);
    return writer_.AddObject({&key, 1}, {&value, 1});
  }

  Cell AddDict(const py::handle& dict) {
    const CriticalSection section(dict);
    std::vector<StringId> keys;
    std::vector<Cell> values;
    Py_ssize_t position = 0;
    PyObject* key = nullptr;
    PyObject* value = nullptr;
    while (PyDict_Next(dict.ptr(), &position, &key, &value) != 0) {
      const auto kept = py::reinterpret_borrow<py::object>(value);
      const auto bytes = PyUnicode_CheckExact(key) ? Utf8(key) : std::nullopt;
      if (!bytes || bytes->starts_with(kMarker)) return AddMarked(kPairsMarker, AddPairs(dict));
      keys.push_back(writer_.AddString(*bytes));
      values.push_back(Add(kept));
    }
    return writer_.AddObject(keys, values);
  }

  Cell AddPairs(const py::handle& dict) {
    const py::object items = Steal(PyDict_Items(dict.ptr()));
    std::vector<Cell> pairs;
    for (const py::handle item : items) {
      value_count_ += 1;
      pairs.push_back(AddTuple(item));
    }
    return writer_.AddArray(pairs);
  }

  // An unbuilt value of another file is copied without building it.
  Cell AddUnbuilt(const Unbuilt& unbuilt, const py::handle& value) {
    if (unbuilt.finish != nullptr) return AddOther(value);  // what it would be is not in that file
    const StoredMap& map = *unbuilt.stored;
    auto& copier = copiers_[map.reader.get()];
    if (!copier) {
      kept_.push_back(map.reader);
      copier = std::make_unique<Copier>(map.reader->document(), writer_);
    }
    const Copier::Copied copied = copier->Copy(map.values()[static_cast<size_t>(unbuilt.place)]);
    value_count_ += copied.value_count;
    return copied.cell;
  }

  Cell AddOther(const py::handle& value) {
    PyObject* const object = value.ptr();
    if (PyDateTime_Check(object)) return AddDateTime(value);
    if (PyDate_Check(object)) {
      return writer_.AddDate(value.attr("toordinal")().cast<uint32_t>());
    }
    if (PyUnicode_Check(object) || PyLong_Check(object)) {
      if (!py::isinstance(value, enum_type_)) {
        return PyUnicode_Check(object) ? Cell::String(StringOf(value)) : AddInteger(value);
      }
    }
    Class& type = ClassOf(value);
    if (!type.is_enum) return AddInstance(value, type);
    return AddMarked(std::string(kEnumMarker) + type.path, Add(value.attr("value")));
  }

  Cell AddDateTime(const py::handle& value) {
    const py::object naive = value.attr("replace")(py::arg("tzinfo") = py::none());
    const py::object since = naive - Steal(PyDateTime_FromDateAndTime(1, 1, 1, 0, 0, 0, 0));
    const auto microseconds =
        since.attr("days").cast<uint64_t>() * 86'400 * kMicrosecondsPerSecond +
        since.attr("seconds").cast<uint64_t>() * kMicrosecondsPerSecond +
        since.attr("microseconds").cast<uint64_t>();
    const py::object offset = value.attr("utcoffset")();
    if (offset.is_none()) return writer_.AddDateTime(microseconds, std::nullopt);
    if (offset.attr("microseconds").cast<int>() != 0) {
      Raise(PyExc_ValueError, "a time zone is no whole number of seconds from UTC");
    }
    return writer_.AddDateTime(microseconds,
                               static_cast<int32_t>(offset.attr("total_seconds")().cast<double>()));
  }

  Class& ClassOf(const py::handle& value) {
    auto* const type = reinterpret_cast<PyObject*>(Py_TYPE(value.ptr()));
    const auto known = classes_.find(type);
    if (known != classes_.end()) return known->second;
    const py::tuple described = describe_(py::type::of(value));
    Class made;
    made.type = py::type::of(value);
    made.path = described[0].cast<std::string>();
    made.is_enum = described[1].is_none();
    if (!made.is_enum) {
      for (const py::handle name : described[1]) {
        made.names.push_back(py::reinterpret_borrow<py::object>(name));
        made.fields.push_back(StringOf(name));
      }
    }
    return classes_.emplace(type, std::move(made)).first->second;
  }

  Cell AddInstance(const py::handle& value, Class& type) {
    std::vector<Cell> values = {Cell::Null()};
    ++value_count_;
    std::string enums;  // the key of `markers`
    std::string notes;
    for (size_t i = 0; i < type.names.size(); ++i) {
      const py::object field = Steal(PyObject_GetAttr(value.ptr(), type.names[i].ptr()));
      if (!IsMember(field)) {
        values.push_back(Add(field));
        continue;
      }
      auto* const member_type = reinterpret_cast<PyObject*>(Py_TYPE(field.ptr()));
      enums.append(reinterpret_cast<const char*>(&i), sizeof(i));
      enums.append(reinterpret_cast<const char*>(&member_type), sizeof(PyObject*));
      values.push_back(Add(field.attr("value")));
    }
    const auto [marker, is_new] = type.markers.try_emplace(std::move(enums));
    if (is_new) marker->second = writer_.AddString(MarkerOf(value, type));
    std::vector<StringId> keys = {marker->second};
    keys.insert(keys.end(), type.fields.begin(), type.fields.end());
    return writer_.AddObject(keys, values);
  }

  bool IsMember(const py::handle& value) {
    PyObject* const object = value.ptr();
    if (object == Py_None || PyUnicode_CheckExact(object) || PyList_CheckExact(object) ||
        PyDict_CheckExact(object) || PyBool_Check(object) || PyLong_CheckExact(object)) {
      return false;
    }
    return py::isinstance(value, enum_type_);
  }

  std::string MarkerOf(const py::handle& value, const Class& type) {
    std::string marker(1, kMarker);
    marker += type.path;
    for (const py::object& name : type.names) {
      const py::object field = Steal(PyObject_GetAttr(value.ptr(), name.ptr()));
      if (!IsMember(field)) continue;
      marker += ' ';
      marker += name.cast<std::string>();
      marker += '=';
      marker += ClassOf(field).path;
    }
    return marker;
  }

  Writer writer_;
  uint64_t value_count_ = 0;
  int depth_ = 0;
  const py::object describe_;
  py::object enum_type_;
  std::unordered_map<PyObject*, Class> classes_;
  std::vector<std::shared_ptr<ObjectReader>> kept_;
  std::unordered_map<const ObjectReader*, std::unique_ptr<Copier>> copiers_;
};

// Returns the generation that was published.
uint64_t PublishObjects(const py::object& path, const py::dict& root, const py::object& describe,
                        bool is_lasting) {
  const std::string target = FsEncode(path);
  PrepareTrustedFile(target);
  ObjectWriter writer(describe);
  const GarbageCollectionPause pause;
  const Cell cell = writer.Add(root);
  FileImage image = std::move(writer).Finish(cell, NextGeneration(target));
  const py::gil_scoped_release release;
  // A cache file can be made again, so no warning says that a power failure may take it.
  return PublishNext(target, image.writable_bytes(), is_lasting ? Flush::kToDisk : Flush::kNone)
      .generation;
}

}  // namespace

void BindObjectWriter(py::module_& module) {
  module.def("publish_objects", &PublishObjects, py::arg("path"), py::arg("root"),
             py::arg("describe"), py::arg("is_lasting"));
}

}  // namespace flatmanifest::python
