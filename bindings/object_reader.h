// Builds Python objects out of a file that ObjectWriter wrote: docs/objects.md.

#ifndef FLATMANIFEST_BINDINGS_OBJECT_READER_H_
#define FLATMANIFEST_BINDINGS_OBJECT_READER_H_

#include <pybind11/pybind11.h>

#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bindings/critical_section.h"
#include "format/document.h"
#include "store/manifest_file.h"

namespace flatmanifest::python {

namespace py = pybind11;

// Builds objects of one file, and compares objects with the stored ones. Safe to call from several
// threads.
class ObjectReader {
 public:
  // `resolve(path)` gives the class named "module:Class", and for a dataclass the fields that are
  // not stored, as pairs of name and factory.
  ObjectReader(std::shared_ptr<const ManifestFile> file, py::object resolve);

  const Document& document() const { return file_->document(); }
  const std::shared_ptr<const ManifestFile>& file() const { return file_; }

  // A new object; equal texts are one str. Raises FormatError for a damaged file, and any error
  // that `resolve` raises.
  py::object Restore(Cell cell);
  // Whether the value equals Restore(cell): the same types and numbers (NaN equals NaN), and dicts
  // in the same order. Attributes that are no fields of their dataclass do not count. A subclass of
  // str that is no Enum counts as a str.
  bool Equals(Cell cell, const py::handle& value);
  // The one str of that text.
  const py::object& Text(StringId id);

 private:
  enum class Kind { kDict, kInstance, kEnum, kTuple, kPairs };

  // The meaning of the objects with one key list.
  struct Shape {
    Kind kind = Kind::kDict;
    py::object type;                // kInstance, kEnum
    std::vector<py::object> names;  // interned; without the marker
    std::vector<py::object> enums;  // kInstance: by field, the Enum of its value; null if none
    std::vector<std::pair<py::object, py::object>> omitted;  // kInstance: name and factory
  };

  const Shape& ShapeOf(Cell object);
  Shape MakeShape(std::span<const StringId> keys);
  void ResolveInstance(std::string_view marker, std::span<const StringId> keys, Shape& shape);
  py::object Resolve(std::string_view path);

  const py::object& TextAt(StringId id);
  py::object RestoreAt(Cell cell, WalkGuard& guard);
  py::object RestoreList(Cell cell, WalkGuard& guard);
  py::object RestoreDict(const Shape& shape, std::span<const Cell> elements, WalkGuard& guard);
  py::object RestoreInstance(const Shape& shape, std::span<const Cell> elements, WalkGuard& guard);
  py::object RestorePairs(Cell pairs, WalkGuard& guard);
  const py::object& Member(const py::object& type, Cell value);

  bool EqualsAt(Cell cell, const py::handle& value, WalkGuard& guard);
  bool EqualsElements(std::span<const Cell> elements, const py::handle& sequence, WalkGuard& guard);
  bool EqualsDict(const Shape& shape, std::span<const Cell> elements, const py::handle& value,
                  WalkGuard& guard);
  bool EqualsPairs(std::span<const Cell> pairs, const py::handle& value, WalkGuard& guard);
  bool EqualsInstance(const Shape& shape, std::span<const Cell> elements, const py::handle& value,
                      WalkGuard& guard);

  const std::shared_ptr<const ManifestFile> file_;
  const py::object resolve_;
  const py::object enum_type_;
  const py::object turn_;  // what one thread at a time has a critical section of
  std::unordered_map<ShapeId, Shape> shapes_;
  std::vector<py::object> texts_;  // by StringId; null until asked for
  // Members of Enums, by the address of the Enum and the cell of their value.
  std::unordered_map<const PyObject*, std::unordered_map<uint64_t, py::object>> members_;
};

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_OBJECT_READER_H_
