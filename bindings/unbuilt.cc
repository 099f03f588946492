#include "bindings/unbuilt.h"

#include <structmember.h>

#include <cstddef>

#include "bindings/errors.h"

namespace flatmanifest::python {

namespace {

PyTypeObject* unbuilt_type = nullptr;  // made once, when the module is imported

const Unbuilt& Self(PyObject* self) { return *reinterpret_cast<const Unbuilt*>(self); }

void Deallocate(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(Self(self).map);
  Py_XDECREF(Self(self).finish);
  PyObject_Free(self);
  Py_DECREF(type);
}

PyObject* Represent(PyObject* self) {
  return PyUnicode_FromFormat("<flatmanifest.Unbuilt: value %zd of a LazyDict>", Self(self).place);
}

// str() is refused as well: a serializer with default=str would write a text that nobody can read
// back.
PyObject* Refuse(PyObject*, PyObject*) {
  PyErr_SetString(
      PyExc_TypeError,
      "a value of one of dbt's dicts has not been built, because it was read past the dict's "
      "methods: use dict(the_dict), or default=flatmanifest.json_default");
  return nullptr;
}

PyObject* RefuseStr(PyObject* self) { return Refuse(self, nullptr); }

py::object Build(const py::object& self) {
  const Unbuilt* const unbuilt = AsUnbuilt(self.ptr());
  if (unbuilt == nullptr) Raise(PyExc_TypeError, "build() is a method of Unbuilt");
  py::object built = RestoreAt(*unbuilt->stored, unbuilt->place);
  return unbuilt->finish == nullptr ? built : py::handle(unbuilt->finish)(built);
}

PyMethodDef methods[] = {
    {"__reduce_ex__", &Refuse, METH_O, nullptr},
    {"__format__", &Refuse, METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"place", T_PYSSIZET, offsetof(Unbuilt, place), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

template <typename Function>
PyType_Slot Slot(int id, Function* function) {
  return {id, reinterpret_cast<void*>(function)};
}

}  // namespace

const Unbuilt* AsUnbuilt(PyObject* object) {
  return Py_TYPE(object) == unbuilt_type ? reinterpret_cast<const Unbuilt*>(object) : nullptr;
}

bool StandsFor(const Unbuilt& unbuilt, const StoredMap& map, size_t place) {
  return unbuilt.stored == &map && unbuilt.place == static_cast<Py_ssize_t>(place);
}

void FillUnbuilt(const py::object& map, const py::dict& dict, const py::object& finish) {
  const auto& stored = map.cast<const StoredMap&>();
  const auto keys = stored.keys();
  for (size_t i = 0; i < keys.size(); ++i) {
    auto* const made = PyObject_New(Unbuilt, unbuilt_type);
    if (made == nullptr) throw py::error_already_set();
    made->map = py::object(map).release().ptr();
    made->finish = finish.is_none() ? nullptr : py::object(finish).release().ptr();
    made->stored = &stored;
    made->place = static_cast<Py_ssize_t>(i);
    const auto value = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(made));
    if (PyDict_SetItem(dict.ptr(), stored.reader->Text(keys[i]).ptr(), value.ptr()) != 0) {
      throw py::error_already_set();
    }
  }
}

void BindUnbuilt(py::module_& module) {
  PyType_Slot slots[] = {
      Slot(Py_tp_dealloc, &Deallocate), Slot(Py_tp_repr, &Represent), Slot(Py_tp_str, &RefuseStr),
      {Py_tp_methods, methods},         {Py_tp_members, members},     {0, nullptr},
  };
  PyType_Spec spec = {"flatmanifest._native.Unbuilt", sizeof(Unbuilt), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  auto type = py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
  if (!type) throw py::error_already_set();
  unbuilt_type = reinterpret_cast<PyTypeObject*>(type.ptr());
  type.inc_ref();  // as long as the process
  type.attr("build") = py::cpp_function(&Build, py::is_method(type), py::name("build"));
  module.attr("Unbuilt") = type;
}

}  // namespace flatmanifest::python
