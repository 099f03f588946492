// How threads share what may change, where there is no GIL. With the GIL, all of this is nothing.
//
// Most objects of this module never change. Those that do (a Manifest by refresh(), a Graph by its
// methods, an iterator by each step) are touched in a critical section of the Python object (PEP
// 703), which is given up like the GIL while a call runs without the interpreter or waits: code
// that is right with the GIL is right in a critical section of the one object that it changes.

#ifndef FLATMANIFEST_BINDINGS_CRITICAL_SECTION_H_
#define FLATMANIFEST_BINDINGS_CRITICAL_SECTION_H_

#include <pybind11/pybind11.h>

#include <optional>

namespace flatmanifest::python {

namespace py = pybind11;

// A critical section of an object. They nest, the last one to begin ends first.
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

// For what Python objects share and no Python code runs under.
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

// As the first parameter of a method: the object is changed, and the call is one critical section.
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

// What a reference to an object that may change is, for every other parameter: with the GIL, the
// object itself; without it, a copy of what it held when the call began. (A reference that is cast
// from a handle does not outlive the cast: cast to the type itself.)
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
