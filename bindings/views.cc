#include "bindings/views.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "bindings/buffers.h"
#include "bindings/handle.h"
#include "bindings/to_python.h"
#include "convert/json_writer.h"
#include "format/bulk_memory.h"

namespace flatmanifest::python {

namespace {

std::optional<Cell> Lookup(const ObjectView& object, const py::handle& key) {
  const Document& document = object.document();
  const StoredText bytes(key);
  // Like a dict, an unhashable key is an error even if it could match nothing.
  if (!bytes && PyObject_Hash(key.ptr()) == -1) throw py::error_already_set();
  return bytes ? document.Find(object.cell, *bytes) : std::nullopt;
}

py::object GetItem(const ObjectView& object, const py::object& key) {
  const auto cell = Lookup(object, key);
  if (!cell) RaiseKeyError(key);
  return ElementToView(object, *cell);
}

size_t Length(const View& view) { return view.document().Elements(view.cell).size(); }

Cell ElementAt(const ArrayView& array, py::ssize_t index) {
  const auto elements = array.document().Elements(array.cell);
  const auto length = static_cast<py::ssize_t>(elements.size());
  if (index < 0) index += length;
  if (index < 0 || index >= length) throw py::index_error("array index out of range");
  return elements[index];
}

py::list Slice(const ArrayView& array, const py::slice& slice) {
  py::ssize_t start = 0;
  py::ssize_t stop = 0;
  py::ssize_t step = 0;
  py::ssize_t length = 0;
  if (!slice.compute(static_cast<py::ssize_t>(Length(array)), &start, &stop, &step, &length)) {
    throw py::error_already_set();
  }
  py::list picked(length);
  for (py::ssize_t i = 0; i < length; ++i) {
    picked[i] = ElementToView(array, ElementAt(array, start + i * step));
  }
  return picked;
}

py::object ArrayItem(const ArrayView& array, const py::object& index) {
  if (PySlice_Check(index.ptr())) return Slice(array, py::reinterpret_borrow<py::slice>(index));
  if (PyIndex_Check(index.ptr()) == 0) {
    Raise(PyExc_TypeError, std::string("array indices must be integers or slices, not ") +
                               Py_TYPE(index.ptr())->tp_name);
  }
  const py::ssize_t position = PyNumber_AsSsize_t(index.ptr(), PyExc_IndexError);
  if (position == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return ElementToView(array, ElementAt(array, position));
}

// Text that is written directly into a growing str. JSON is all ASCII, one byte a character, so 50
// MB of it need no copy. The writer runs without the GIL; growing takes it.
class StrText final : public TextBuffer {
 public:
  // The str, cut to the written length. Needs the GIL.
  py::str Finish() {
    Reserve(1);
    Resize(size());
    return py::reinterpret_steal<py::str>(std::exchange(str_, nullptr));
  }
  ~StrText() override { Py_XDECREF(str_); }

 protected:
  char* Reallocate(size_t capacity) override {
    const py::gil_scoped_acquire acquire;
    if (str_ == nullptr) {
      str_ = PyUnicode_New(static_cast<Py_ssize_t>(capacity), 127);
      if (str_ == nullptr) throw py::error_already_set();
    } else {
      Resize(capacity);
    }
    AdviseBulk(PyUnicode_1BYTE_DATA(str_), capacity);
    return reinterpret_cast<char*>(PyUnicode_1BYTE_DATA(str_));
  }

 private:
  void Resize(size_t length) {
    if (PyUnicode_Resize(&str_, static_cast<Py_ssize_t>(length)) != 0) {
      throw py::error_already_set();
    }
  }

  PyObject* str_ = nullptr;
};

// A share of what a view shows now. Taken before other Python code or threads can run:
// Manifest.refresh() gives a manifest another handle.
View Share(const View& view) { return {view.handle, view.cell}; }

py::str Json(const View& view) {
  const View shared = Share(view);
  const Document& document = shared.document();
  StrText json;
  {
    const py::gil_scoped_release release;
    WriteJson(document, shared.cell, json);
  }
  return json.Finish();
}

// __reduce__: a view pickles as the plain value, through the constructor of its type.
py::tuple Reduce(const View& view, const py::handle& constructor) {
  return py::make_tuple(constructor, py::make_tuple(ToPlain(view.document(), view.cell)));
}

// A method whose body is a function of python/flatmanifest/_views.py.
auto InPython(const char* function) {
  return [function](const py::object& self) {
    return py::module_::import("flatmanifest._views").attr(function)(self);
  };
}

PyObject* Repr(PyObject* self) {
  try {
    return InPython("representation")(py::reinterpret_borrow<py::object>(self)).release().ptr();
  } catch (py::error_already_set& error) {
    error.restore();
    return nullptr;
  }
}

// Some libraries, pydantic among them, rebuild a value by its type: type(view)(values). They get a
// plain dict or list.
PyObject* MakePlain(PyObject* type, PyObject* arguments, PyObject* keywords) {
  if (PyTuple_GET_SIZE(arguments) != 1 || keywords != nullptr) {
    PyErr_Format(
        PyExc_TypeError,
        "%s: instances come from flatmanifest.open(); of one argument, it makes a dict or list",
        reinterpret_cast<PyTypeObject*>(type)->tp_name);
    return nullptr;
  }
  auto* const array = reinterpret_cast<PyTypeObject*>(py::type::of<ArrayView>().ptr());
  const bool is_array = PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), array) != 0;
  PyTypeObject* const plain = is_array ? &PyList_Type : &PyDict_Type;
  return PyObject_Call(reinterpret_cast<PyObject*>(plain), arguments, nullptr);
}

py::object PlainOf(const View& view) { return ToPlain(view.document(), view.cell); }

// The other operand of `|` and `+`: a value of the plain type, or a view, which is converted to it.
template <typename ViewKind>
py::object Operand(const py::object& value, PyTypeObject* plain) {
  if (py::isinstance<ViewKind>(value)) return PlainOf(Share(value.cast<View>()));
  if (PyType_IsSubtype(Py_TYPE(value.ptr()), plain) != 0) return value;
  return {};
}

using BinaryOperation = PyObject* (*)(PyObject*, PyObject*);

// `view OP other`, or reflected `other OP view`, on plain values.
template <typename ViewKind>
auto OnPlain(BinaryOperation operation, PyTypeObject* plain, bool is_reflected) {
  return [=](const ViewKind& self, const py::object& other) {
    const py::object theirs = Operand<ViewKind>(other, plain);
    if (!theirs) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
    const py::object ours = PlainOf(Share(self));
    PyObject* const made =
        is_reflected ? operation(theirs.ptr(), ours.ptr()) : operation(ours.ptr(), theirs.ptr());
    if (made == nullptr) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(made);
  };
}

py::object ReversedKeys(const ObjectView& object) {
  const Document& document = object.document();
  const auto keys = document.Keys(object.cell);
  py::list reversed(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    reversed[i] = ToStr(document, document.String(keys[keys.size() - 1 - i]));
  }
  return py::iter(reversed);
}

py::object CompareEqual(const View& view, const py::object& other) {
  return py::bool_(Equals(Share(view), other));
}

// Iterates over the elements of a container. The subtype decides what is yielded for each.
template <typename Yield>
struct Iterator : View {
  size_t next = 0;

  py::object Next() {
    const auto elements = document().Elements(cell);
    if (next >= elements.size()) throw py::stop_iteration();
    const size_t at = next++;
    return Yield()(*this, elements, at);
  }
};

struct YieldKey {
  py::object operator()(const View& view, std::span<const Cell>, size_t at) const {
    const Document& document = view.document();
    return ToStr(document, document.String(document.Keys(view.cell)[at]));
  }
};

struct YieldValue {
  py::object operator()(const View& view, std::span<const Cell> elements, size_t at) const {
    return ElementToView(view, elements[at]);
  }
};

struct YieldItem {
  py::object operator()(const View& view, std::span<const Cell> elements, size_t at) const {
    return py::make_tuple(YieldKey()(view, elements, at), YieldValue()(view, elements, at));
  }
};

using KeyIterator = Iterator<YieldKey>;
using ValueIterator = Iterator<YieldValue>;
using ItemIterator = Iterator<YieldItem>;

template <typename Iterating>
void BindIterator(py::module_& module, const char* name) {
  py::class_<Iterating>(module, name, MadeHereOnly())
      .def("__iter__", [](const py::object& self) { return self; })
      .def("__next__", [](Exclusively<Iterating> iterator) { return iterator->Next(); })
      .def("__length_hint__",
           [](Exclusively<Iterating> iterator) { return Length(*iterator) - iterator->next; });
}

template <typename Iterating>
Iterating Iterate(const View& view) {
  Iterating iterator{};
  iterator.handle = view.handle;
  iterator.cell = view.cell;
  view.document();  // raises if closed, here rather than at the first step
  return iterator;
}

void BindObject(py::module_& module) {
  py::class_<ObjectView, View> object(module, "Object", py::metaclass(ViewType()));
  object.def("__len__", [](const ObjectView& self) { return Length(self); })
      .def("__getitem__", &GetItem, py::arg("key"))
      .def("__contains__", [](const ObjectView& self,
                              const py::object& key) { return Lookup(self, key).has_value(); })
      .def(
          "get",
          [](const ObjectView& self, const py::object& key, py::object fallback) {
            const auto cell = Lookup(self, key);
            return cell ? ElementToView(self, *cell) : std::move(fallback);
          },
          py::arg("key"), py::arg("default") = py::none())
      .def("__iter__", [](const ObjectView& self) { return Iterate<KeyIterator>(self); })
      .def("_iterate_values", [](const ObjectView& self) { return Iterate<ValueIterator>(self); })
      .def("_iterate_items", [](const ObjectView& self) { return Iterate<ItemIterator>(self); })
      .def("keys", InPython("ObjectKeys"))
      .def("values", InPython("ObjectValues"))
      .def("items", InPython("ObjectItems"))
      .def("__eq__", &CompareEqual, py::is_operator())
      .def("__or__", OnPlain<ObjectView>(&PyNumber_Or, &PyDict_Type, false))
      .def("__ror__", OnPlain<ObjectView>(&PyNumber_Or, &PyDict_Type, true))
      .def("__reversed__", &ReversedKeys)
      .def("copy", [](const ObjectView& self) { return PlainOf(self); })
      .def("__reduce__",
           [](const ObjectView& self) {
             return Reduce(self, py::handle(reinterpret_cast<PyObject*>(&PyDict_Type)));
           })
      .def("_repr_html_", InPython("html"))
      .def("to_dict", [](const ObjectView& self) { return PlainOf(self); })
      .def("to_json", &Json);
  object.attr("__hash__") = py::none();
}

void BindArray(py::module_& module) {
  py::class_<ArrayView, View> array(module, "Array", py::metaclass(ViewType()));
  array.def("__len__", [](const ArrayView& self) { return Length(self); })
      .def("__getitem__", &ArrayItem, py::arg("index"))
      .def("__iter__", [](const ArrayView& self) { return Iterate<ValueIterator>(self); })
      .def("__eq__", &CompareEqual, py::is_operator())
      .def("__add__", OnPlain<ArrayView>(&PySequence_Concat, &PyList_Type, false))
      .def("__radd__", OnPlain<ArrayView>(&PySequence_Concat, &PyList_Type, true))
      .def("copy", [](const ArrayView& self) { return PlainOf(self); })
      .def("__reduce__",
           [](const ArrayView& self) {
             return Reduce(self, py::handle(reinterpret_cast<PyObject*>(&PyList_Type)));
           })
      .def("to_list", [](const ArrayView& self) { return PlainOf(self); })
      .def("to_json", &Json);
  array.attr("__hash__") = py::none();
  const py::object sequence = py::module_::import("collections.abc").attr("Sequence");
  for (const char* mixin : {"__contains__", "__reversed__", "index", "count"}) {
    array.attr(mixin) = sequence.attr(mixin);
  }
}

// --- Node ---

template <typename Column>
auto StringColumn(Column column) {
  return [column](const NodeView& node) {
    const Document& document = node.document();
    return ColumnToPython(document, (document.resources().*column)[node.row]);
  };
}

template <typename Column>
auto CellColumn(Column column) {
  return [column](const NodeView& node) {
    return ToView(node.handle, (node.document().resources().*column)[node.row]);
  };
}

py::object NodeAttribute(const NodeView& node, const py::str& name) {
  const auto cell = Lookup(node, name);
  if (!cell) {
    const Document& document = node.document();
    const py::str id = ToStr(document, document.String(document.resources().unique_id[node.row]));
    PyErr_Format(PyExc_AttributeError, "%U has no field %R", id.ptr(), name.ptr());
    throw py::error_already_set();
  }
  return ElementToView(node, *cell);
}

void BindNode(py::module_& module) {
  py::class_<NodeView, ObjectView>(module, "Node", py::metaclass(ViewType()))
      .def_property_readonly("unique_id", StringColumn(&ResourceColumns::unique_id))
      .def_property_readonly("resource_type", StringColumn(&ResourceColumns::resource_type))
      .def_property_readonly("package_name", StringColumn(&ResourceColumns::package_name))
      .def_property_readonly("name", StringColumn(&ResourceColumns::name))
      .def_property_readonly("path", StringColumn(&ResourceColumns::path))
      .def_property_readonly("original_file_path",
                             StringColumn(&ResourceColumns::original_file_path))
      .def_property_readonly("patch_path", StringColumn(&ResourceColumns::patch_path))
      .def_property_readonly("source_name", StringColumn(&ResourceColumns::source_name))
      .def_property_readonly("materialized", StringColumn(&ResourceColumns::materialized))
      .def_property_readonly("access", StringColumn(&ResourceColumns::access))
      .def_property_readonly("group", StringColumn(&ResourceColumns::group))
      .def_property_readonly("fqn", CellColumn(&ResourceColumns::fqn))
      .def_property_readonly("tags", CellColumn(&ResourceColumns::tags))
      .def_property_readonly("config", CellColumn(&ResourceColumns::config))
      .def_property_readonly("version", CellColumn(&ResourceColumns::version))
      .def("__getattr__", &NodeAttribute, py::arg("name"));
}

void SetUpMadeHereOnly(PyHeapTypeObject* type) {
  type->ht_type.tp_new = [](PyTypeObject* refused, PyObject*, PyObject*) -> PyObject* {
    PyErr_Format(PyExc_TypeError, "%s: instances come from flatmanifest.open()", refused->tp_name);
    return nullptr;
  };
}

}  // namespace

py::custom_type_setup MadeHereOnly() { return py::custom_type_setup(&SetUpMadeHereOnly); }

void SetUpRepr(PyHeapTypeObject* type) { type->ht_type.tp_repr = &Repr; }

py::object ViewType() {
  static PyTypeObject* made = nullptr;
  if (made == nullptr) {
    PyType_Slot slots[] = {{Py_tp_call, reinterpret_cast<void*>(&MakePlain)}, {0, nullptr}};
    PyType_Spec spec = {"flatmanifest._native.ViewType", 0, 0, Py_TPFLAGS_DEFAULT, slots};
    const py::tuple bases = py::make_tuple(py::type::of(py::type::of<View>()));
    PyObject* const type = PyType_FromSpecWithBases(&spec, bases.ptr());
    if (type == nullptr) throw py::error_already_set();
    made = reinterpret_cast<PyTypeObject*>(type);  // as long as the process
  }
  return py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(made));
}

void BindViews(py::module_& module) {
  // The base class of Object and Array.
  py::class_<View>(module, "View", py::custom_type_setup([](PyHeapTypeObject* type) {
                     SetUpMadeHereOnly(type);
                     SetUpRepr(type);
                   }));
  BindIterator<KeyIterator>(module, "KeyIterator");
  BindIterator<ValueIterator>(module, "ValueIterator");
  BindIterator<ItemIterator>(module, "ItemIterator");
  BindObject(module);
  BindArray(module);
  BindNode(module);
}

}  // namespace flatmanifest::python
