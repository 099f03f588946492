// Values of a document as Python objects.

#ifndef FLATMANIFEST_BINDINGS_TO_PYTHON_H_
#define FLATMANIFEST_BINDINGS_TO_PYTHON_H_

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <string_view>

#include "bindings/handle.h"
#include "format/document.h"

namespace flatmanifest::python {

// Keeps the cyclic garbage collector from running over containers that are being filled: none of
// them is garbage, and visiting them again and again is most of what building them costs.
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

// The bytes that a file has of a str, lone surrogates and all; of other types none. Valid as long
// as this and the str.
class StoredText {
 public:
  explicit StoredText(const py::handle& text);

  explicit operator bool() const { return bytes_.has_value(); }
  std::string_view operator*() const { return *bytes_; }

 private:
  std::optional<std::string_view> bytes_;
  py::object encoded_;  // what holds the bytes if the str does not
};

// A path as the system takes it: str, bytes or os.PathLike, as Python's open() takes them. Raises
// TypeError for others, ValueError for one that the system would cut short at a null.
std::string FsEncode(const py::object& path);
// The row of a unique_id, kNoRow if there is none.
Row FindRow(const Document& document, const py::str& unique_id);

// The value of a key of a dict, an element of a list or tuple; null if there is none. References of
// their own: Python code that a comparison runs, or another thread, may take them out of there.
py::object ItemOf(const py::handle& dict, const py::handle& key);
py::object ElementOf(const py::handle& sequence, Py_ssize_t index);

// Anything but a string or container.
py::object ScalarToPython(const Document& document, Cell cell);
// A scalar as itself, a container as a view.
py::object ToView(const HandlePtr& handle, Cell cell);
// The same for an element of `container`. Raises FormatError if they hold each other.
py::object ElementToView(const View& container, Cell element);

// The plain value, containers and all: dict, list, str, int, float, bool, None, date, datetime.
// Every container is a new one, even where the file shares it; equal strings are one str.
py::object ToPlain(const Document& document, Cell cell);

// Whether the value equals a plain Python object or another view, by Python's rules: dicts without
// regard to order, 1 == 1.0.
bool Equals(const View& view, const py::handle& other);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_TO_PYTHON_H_
