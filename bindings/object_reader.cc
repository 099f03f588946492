#include "bindings/object_reader.h"

#include <cmath>
#include <string>

#include "bindings/errors.h"
#include "bindings/object_marker.h"
#include "bindings/to_python.h"

namespace flatmanifest::python {

namespace {

void SetItem(const py::handle& dict, const py::handle& key, const py::handle& value) {
  if (PyDict_SetItem(dict.ptr(), key.ptr(), value.ptr()) != 0) throw py::error_already_set();
}

// The dict of an instance's attributes.
py::object AttributesOf(const py::handle& instance) {
  return Steal(PyObject_GenericGetDict(instance.ptr(), nullptr));
}

// Untracks a container from the cyclic garbage collector. Restored objects are trees of plain data,
// and searching a hundred thousand such containers for cycles, again and again, is the largest cost
// of holding a manifest. Reference counts still free the container. (msgspec: gc=False.)
const py::object& Untracked(const py::object& container) {
  PyObject_GC_UnTrack(container.ptr());
  return container;
}

// Whether both are the same number, which is not comparing equal: NaN does not equal itself, 0.0
// equals -0.0, and each is stored as it is.
bool EqualsDouble(double stored, const py::handle& value) {
  if (!PyFloat_CheckExact(value.ptr())) return false;
  const double number = PyFloat_AS_DOUBLE(value.ptr());
  if (std::isnan(stored)) return std::isnan(number);
  return stored == number && std::signbit(stored) == std::signbit(number);
}

// Whether the value is a dict of `size` items and `equals(place, key, item)` is true for each, in
// order.
template <typename Equals>
bool EqualItems(const py::handle& value, size_t size, const Equals& equals) {
  if (!PyDict_CheckExact(value.ptr())) return false;
  const CriticalSection section(value);
  if (PyDict_Size(value.ptr()) != static_cast<Py_ssize_t>(size)) return false;
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* item = nullptr;
  for (size_t i = 0; PyDict_Next(value.ptr(), &position, &key, &item) != 0; ++i) {
    // Comparing may run Python code, which may change the dict.
    const auto kept_key = py::reinterpret_borrow<py::object>(key);
    const auto kept = py::reinterpret_borrow<py::object>(item);
    if (i >= size || !equals(i, kept_key, kept)) return false;
  }
  return true;
}

bool IsInstance(const py::handle& value, const py::handle& type) {
  return reinterpret_cast<PyObject*>(Py_TYPE(value.ptr())) == type.ptr();
}

}  // namespace

ObjectReader::ObjectReader(std::shared_ptr<const ManifestFile> file, py::object resolve)
    : file_(std::move(file)),
      resolve_(std::move(resolve)),
      enum_type_(py::module_::import("enum").attr("Enum")),
      turn_(py::module_::import("builtins").attr("object")()),
      texts_(file_->document().string_offsets().size() - 1) {}

// --- shapes ---

const ObjectReader::Shape& ObjectReader::ShapeOf(Cell object) {
  const auto known = shapes_.find(object.aux());
  if (known != shapes_.end()) return known->second;
  return shapes_.emplace(object.aux(), MakeShape(document().Keys(object))).first->second;
}

ObjectReader::Shape ObjectReader::MakeShape(std::span<const StringId> keys) {
  Shape shape;
  std::string_view marker;
  if (!keys.empty()) {
    const std::string_view first = document().String(keys[0]);
    if (first.starts_with(kMarker)) marker = first;
  }
  if (marker.empty()) {
    for (const StringId key : keys)
      shape.names.push_back(ToStr(document(), document().String(key)));
    return shape;
  }
  if (marker == kTupleMarker || marker == kPairsMarker || marker.starts_with(kEnumMarker)) {
    if (keys.size() != 1) document().Fail("a marked object has more than its value (damaged file)");
    shape.kind = marker == kTupleMarker   ? Kind::kTuple
                 : marker == kPairsMarker ? Kind::kPairs
                                          : Kind::kEnum;
    if (shape.kind == Kind::kEnum) {
      shape.type = py::tuple(Resolve(marker.substr(kEnumMarker.size())))[0];
    }
    return shape;
  }
  ResolveInstance(marker.substr(1), keys.subspan(1), shape);
  return shape;
}

void ObjectReader::ResolveInstance(std::string_view marker, std::span<const StringId> keys,
                                   Shape& shape) {
  shape.kind = Kind::kInstance;
  std::unordered_map<std::string_view, std::string_view> enums;
  size_t end = marker.find(' ');
  const std::string_view path = marker.substr(0, end);
  while (end != std::string_view::npos) {
    marker.remove_prefix(end + 1);
    end = marker.find(' ');
    const std::string_view note = marker.substr(0, end);
    const size_t equals = note.find('=');
    if (equals == std::string_view::npos) document().Fail("a class is not named (damaged file)");
    enums[note.substr(0, equals)] = note.substr(equals + 1);
  }
  const py::tuple resolved = Resolve(path);
  shape.type = resolved[0];
  for (const py::handle pair : resolved[1]) {
    const auto omitted = py::cast<py::tuple>(pair);
    shape.omitted.emplace_back(omitted[0], omitted[1]);
  }
  for (const StringId key : keys) {
    PyObject* name = ToStr(document(), document().String(key)).release().ptr();
    PyUnicode_InternInPlace(&name);
    shape.names.push_back(Steal(name));
    const auto found = enums.find(document().String(key));
    shape.enums.push_back(found == enums.end() ? py::object()
                                               : py::tuple(Resolve(found->second))[0]);
  }
}

py::object ObjectReader::Resolve(std::string_view path) {
  return resolve_(ToStr(document(), path));
}

// --- building ---

py::object ObjectReader::Restore(Cell cell) {
  const GarbageCollectionPause pause;
  const CriticalSection section(turn_);
  WalkGuard guard(document());
  return RestoreAt(cell, guard);
}

const py::object& ObjectReader::Text(StringId id) {
  const CriticalSection section(turn_);
  return TextAt(id);
}

const py::object& ObjectReader::TextAt(StringId id) {
  const std::string_view bytes = document().String(id);
  py::object& text = texts_[id];
  if (!text) text = ToStr(document(), bytes);
  return text;
}

py::object ObjectReader::RestoreAt(Cell cell, WalkGuard& guard) {
  if (cell.is(CellKind::kString)) return TextAt(cell.index());
  if (cell.is(CellKind::kArray)) return RestoreList(cell, guard);
  if (!cell.is(CellKind::kObject)) return ScalarToPython(document(), cell);
  const Shape& shape = ShapeOf(cell);
  const auto elements = document().Elements(cell);
  const WalkGuard::Level level(guard, elements.size());
  switch (shape.kind) {
    case Kind::kDict:
      return RestoreDict(shape, elements, guard);
    case Kind::kInstance:
      return RestoreInstance(shape, elements, guard);
    case Kind::kEnum:
      return Member(shape.type, elements[0]);
    case Kind::kTuple:
      return py::tuple(RestoreAt(elements[0], guard));
    case Kind::kPairs:
      return RestorePairs(elements[0], guard);
  }
  return py::none();
}

py::object ObjectReader::RestoreList(Cell cell, WalkGuard& guard) {
  const auto elements = document().Elements(cell);
  const WalkGuard::Level level(guard, elements.size());
  py::object list = Steal(PyList_New(static_cast<Py_ssize_t>(elements.size())));
  for (size_t i = 0; i < elements.size(); ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i),
                    RestoreAt(elements[i], guard).release().ptr());
  }
  return Untracked(list);
}

py::object ObjectReader::RestoreDict(const Shape& shape, std::span<const Cell> elements,
                                     WalkGuard& guard) {
  py::object dict = Steal(PyDict_New());
  for (size_t i = 0; i < elements.size(); ++i) {
    SetItem(dict, shape.names[i], RestoreAt(elements[i], guard));
  }
  return Untracked(dict);
}

// Like pickle: neither __init__ nor __post_init__ runs; their results are stored.
py::object ObjectReader::RestoreInstance(const Shape& shape, std::span<const Cell> elements,
                                         WalkGuard& guard) {
  auto* type = reinterpret_cast<PyTypeObject*>(shape.type.ptr());
  py::object instance = Steal(type->tp_new(type, py::tuple().ptr(), nullptr));
  const py::object attributes = AttributesOf(instance);
  for (size_t i = 0; i + 1 < elements.size(); ++i) {
    const Cell element = elements[i + 1];
    SetItem(attributes, shape.names[i],
            shape.enums[i] ? Member(shape.enums[i], element) : RestoreAt(element, guard));
  }
  for (const auto& [name, factory] : shape.omitted) SetItem(attributes, name, factory());
  Untracked(attributes);
  return Untracked(instance);
}

py::object ObjectReader::RestorePairs(Cell pairs, WalkGuard& guard) {
  py::object dict = Steal(PyDict_New());
  const py::object list = RestoreAt(pairs, guard);
  for (const py::handle pair : list) {
    const auto entry = py::cast<py::list>(pair);
    SetItem(dict, entry[0], entry[1]);
  }
  return dict;
}

const py::object& ObjectReader::Member(const py::object& type, Cell value) {
  py::object& member = members_[type.ptr()][value.bits()];
  if (!member) {
    WalkGuard guard(document());
    member = type(RestoreAt(value, guard));
  }
  return member;
}

// --- comparing ---

bool ObjectReader::Equals(Cell cell, const py::handle& value) {
  const CriticalSection section(turn_);
  WalkGuard guard(document());
  return EqualsAt(cell, value, guard);
}

bool ObjectReader::EqualsAt(Cell cell, const py::handle& value, WalkGuard& guard) {
  if (cell.is(CellKind::kString)) {
    if (!PyUnicode_Check(value.ptr())) return false;
    if (!PyUnicode_CheckExact(value.ptr()) && py::isinstance(value, enum_type_)) return false;
    const auto bytes = Utf8(value);
    return bytes && *bytes == document().String(cell.index());
  }
  if (!cell.is_container()) {
    if (cell.is(CellKind::kDouble)) return EqualsDouble(document().Double(cell), value);
    const py::object stored = ScalarToPython(document(), cell);
    return stored.is(value) || (IsInstance(value, py::type::of(stored)) && stored.equal(value));
  }
  const auto elements = document().Elements(cell);
  const WalkGuard::Level level(guard, elements.size());
  if (cell.is(CellKind::kArray)) {
    return PyList_CheckExact(value.ptr()) && EqualsElements(elements, value, guard);
  }
  const Shape& shape = ShapeOf(cell);
  switch (shape.kind) {
    case Kind::kDict:
      return EqualsDict(shape, elements, value, guard);
    case Kind::kInstance:
      return EqualsInstance(shape, elements, value, guard);
    case Kind::kEnum:
      return Member(shape.type, elements[0]).is(value);
    case Kind::kTuple:
      return PyTuple_CheckExact(value.ptr()) &&
             EqualsElements(document().Elements(elements[0]), value, guard);
    case Kind::kPairs:
      return EqualsPairs(document().Elements(elements[0]), value, guard);
  }
  return false;
}

bool ObjectReader::EqualsElements(std::span<const Cell> elements, const py::handle& sequence,
                                  WalkGuard& guard) {
  for (size_t i = 0; i < elements.size(); ++i) {
    const py::object element = ElementOf(sequence, static_cast<Py_ssize_t>(i));
    if (!element || !EqualsAt(elements[i], element, guard)) return false;
  }
  return PySequence_Fast_GET_SIZE(sequence.ptr()) == static_cast<Py_ssize_t>(elements.size());
}

bool ObjectReader::EqualsDict(const Shape& shape, std::span<const Cell> elements,
                              const py::handle& value, WalkGuard& guard) {
  return EqualItems(value, elements.size(), [&](size_t i, const auto& key, const auto& item) {
    return PyUnicode_CheckExact(key.ptr()) &&
           PyUnicode_Compare(key.ptr(), shape.names[i].ptr()) == 0 &&
           EqualsAt(elements[i], item, guard);
  });
}

bool ObjectReader::EqualsPairs(std::span<const Cell> pairs, const py::handle& value,
                               WalkGuard& guard) {
  return EqualItems(value, pairs.size(), [&](size_t i, const auto& key, const auto& item) {
    if (!pairs[i].is(CellKind::kArray)) return false;
    const auto pair = document().Elements(pairs[i]);
    return pair.size() == 2 && EqualsAt(pair[0], key, guard) && EqualsAt(pair[1], item, guard);
  });
}

bool ObjectReader::EqualsInstance(const Shape& shape, std::span<const Cell> elements,
                                  const py::handle& value, WalkGuard& guard) {
  if (!IsInstance(value, shape.type)) return false;
  const py::object attributes = AttributesOf(value);
  for (size_t i = 0; i < shape.names.size(); ++i) {
    const py::object field = ItemOf(attributes, shape.names[i]);
    if (!field) return false;
    const bool is_equal = shape.enums[i] ? Member(shape.enums[i], elements[i + 1]).is(field)
                                         : EqualsAt(elements[i + 1], field, guard);
    if (!is_equal) return false;
  }
  return true;
}

}  // namespace flatmanifest::python
