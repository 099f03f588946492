// Values of a document as Python objects.

#ifndef FLATMANIFEST_BINDINGS_TO_PYTHON_H_
#define FLATMANIFEST_BINDINGS_TO_PYTHON_H_

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/handle.h"
#include "format/document.h"

namespace flatmanifest::python {

// Turns the cyclic garbage collector off while containers are filled: none of them is garbage, and
// visiting them again and again is most of the cost of building them.
class GarbageCollectionPause {
 public:
  GarbageCollectionPause() : was_enabled_(PyGC_Disable()) {}
  ~GarbageCollectionPause() {
    if (was_enabled_ != 0) PyGC_Enable();
  }
  GarbageCollectionPause(const GarbageCollectionPause&) = delete;
  GarbageCollectionPause& operator=(const GarbageCollectionPause&) = delete;

 private:
  int was_enabled_;
};

// A str. Raises FormatError if the bytes are not text (format/text.h).
py::str ToStr(const Document& document, std::string_view bytes);
// The string of a column, None for kNoString.
py::object ColumnToPython(const Document& document, StringId id);

// The UTF-8 bytes of a str, borrowed from it; nothing for other types and for lone surrogates.
std::optional<std::string_view> Utf8(const py::handle& text);

// The bytes that a file has for a str, lone surrogates included; none for other types. Valid as
// long as this and the str.
class StoredText {
 public:
  explicit StoredText(const py::handle& text);

  explicit operator bool() const { return bytes_.has_value(); }
  std::string_view operator*() const { return *bytes_; }

 private:
  std::optional<std::string_view> bytes_;
  py::object encoded_;  // what holds the bytes if the str does not
};

// A path for the system, from str, bytes or os.PathLike, like Python's open(). Raises TypeError for
// other types, and ValueError for a path with a null, where the system would cut it short.
std::string FsEncode(const py::object& path);
// The same for each of several paths or arguments.
std::vector<std::string> FsEncodeAll(const py::iterable& paths);
// The row of a unique_id, kNoRow if there is none.
Row FindRow(const Document& document, const py::str& unique_id);

// The value of a key of a dict, and an element of a list or tuple; null if there is none. Both are
// new references: Python code that a comparison runs, or another thread, may remove the value from
// its container.
py::object ItemOf(const py::handle& dict, const py::handle& key);
py::object ElementOf(const py::handle& sequence, Py_ssize_t index);

// The value of a cell that is neither a string nor a container.
py::object ScalarToPython(const Document& document, Cell cell);
// A scalar as a Python value, a container as a view.
py::object ToView(const HandlePtr& handle, Cell cell);
// ToView for an element of `container`. Raises FormatError if they contain each other.
py::object ElementToView(const View& container, Cell element);

// The plain value, containers included: dict, list, str, int, float, bool, None, date, datetime.
// Every container is new, even if the file shares it. Equal strings are one str.
py::object ToPlain(const Document& document, Cell cell);

// Whether the value equals a plain Python object or another view, by Python's rules: dicts without
// regard to order, 1 == 1.0.
bool Equals(const View& view, const py::handle& other);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_TO_PYTHON_H_
