// Sharing of mutable objects between threads without a GIL. With the GIL, all of this does nothing.
//
// Most objects of this module never change. Those that do (a Manifest by refresh(), a Graph by its
// methods, an iterator by each step) are touched in a critical section of the Python object (PEP
// 703). Like the GIL, the section is given up while a call runs without the interpreter or waits.
// So code that is right with the GIL is right in a critical section of the one object that it
// changes.

#ifndef FLATMANIFEST_BINDINGS_CRITICAL_SECTION_H_
#define FLATMANIFEST_BINDINGS_CRITICAL_SECTION_H_

#include <pybind11/pybind11.h>

#include <optional>

namespace flatmanifest::python {

namespace py = pybind11;

// A critical section of an object. Sections nest; the last one to begin ends first.
class CriticalSection {
 public:
#ifdef Py_GIL_DISABLED
  explicit CriticalSection(const py::handle& object) {
    PyCriticalSection_Begin(&section_, object.ptr());
  }
  ~CriticalSection() { PyCriticalSection_End(&section_); }
#else
  explicit CriticalSection(const py::handle&) {}
  ~CriticalSection() = default;
#endif
  CriticalSection(const CriticalSection&) = delete;
  CriticalSection& operator=(const CriticalSection&) = delete;

#ifdef Py_GIL_DISABLED
 private:
  PyCriticalSection section_{};
#endif
};

// A lock for data that Python objects share. No Python code runs while it is held.
class Mutex {
 public:
#ifdef Py_GIL_DISABLED
  void lock() { PyMutex_Lock(&mutex_); }
  void unlock() { PyMutex_Unlock(&mutex_); }

 private:
  PyMutex mutex_{};
#else
  void lock() {}
  void unlock() {}
#endif
};

// The type of a method's first parameter if the method changes the object. The whole call is one
// critical section.
template <typename Held>
class Exclusively {
 public:
  explicit Exclusively(Held& held) : held_(&held) {}
  Held& operator*() const { return *held_; }
  Held* operator->() const { return held_; }

 private:
  Held* held_;
};

}  // namespace flatmanifest::python

namespace pybind11::detail {

template <typename Held>
class type_caster<flatmanifest::python::Exclusively<Held>> : public type_caster_base<Held> {
 public:
  template <typename>
  using cast_op_type = flatmanifest::python::Exclusively<Held>;

  bool load(handle source, bool convert) {
    if (!type_caster_base<Held>::load(source, convert)) return false;
    section_.emplace(source);
    return true;
  }
  operator flatmanifest::python::Exclusively<Held>() {  // NOLINT: pybind11 casts by it
    return flatmanifest::python::Exclusively<Held>(type_caster_base<Held>::operator Held&());
  }

 private:
  std::optional<flatmanifest::python::CriticalSection> section_;
};

// The caster for every other parameter that refers to an object that may change. With the GIL, the
// reference is to the object itself; without it, to a copy of its state when the call began. (A
// reference that is cast from a handle does not outlive the cast: cast to the type itself.)
#ifdef Py_GIL_DISABLED
template <typename Held>
class CopyingCaster : public type_caster_base<Held> {
 public:
  bool load(handle source, bool convert) {
    if (!type_caster_base<Held>::load(source, convert)) return false;
    if (source.is_none()) return true;
    const flatmanifest::python::CriticalSection section(source);
    copy_.emplace(type_caster_base<Held>::operator Held&());
    return true;
  }
  operator Held*() { return copy_ ? &*copy_ : nullptr; }  // NOLINT: as above
  operator Held&() {                                      // NOLINT
    if (!copy_) throw reference_cast_error();
    return *copy_;
  }

 private:
  std::optional<Held> copy_;
};
#else
template <typename Held>
using CopyingCaster = type_caster_base<Held>;
#endif

}  // namespace pybind11::detail

#endif  // FLATMANIFEST_BINDINGS_CRITICAL_SECTION_H_
