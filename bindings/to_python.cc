#include "bindings/to_python.h"

#include <string>
#include <vector>

#include "format/scalar.h"

namespace flatmanifest::python {

namespace {

constexpr const char* kSurrogatesToo = "surrogatepass";
// Python never refuses to convert integers of so few digits
// (sys.int_info.str_digits_check_threshold).
constexpr size_t kDigitsAtOnce = 640;

py::object MakeDate(const Document& document, uint32_t ordinal) {
  CheckDate(document, ordinal);
  return py::module_::import("datetime").attr("date").attr("fromordinal")(ordinal);
}

py::object MakeDateTime(const Document& document, uint64_t microseconds, uint32_t zone) {
  CheckDateTime(document, microseconds, zone);
  const py::module_ datetime = py::module_::import("datetime");
  py::object tzinfo = py::none();
  if (zone != 0) {
    const int offset = static_cast<int>(zone) - static_cast<int>(Cell::kUtc);
    tzinfo = datetime.attr("timezone")(datetime.attr("timedelta")(0, offset));
  }
  const py::object first = datetime.attr("datetime")(1, 1, 1, py::arg("tzinfo") = tzinfo);
  return first + datetime.attr("timedelta")(microseconds / kMicrosecondsPerDay, 0,
                                            microseconds % kMicrosecondsPerDay);
}

py::object MakeInt(std::string_view digits) {
  return Steal(PyLong_FromString(std::string(digits).c_str(), nullptr, 10));
}

// Converts in parts, because the interpreter limits the digits that int() takes
// (sys.set_int_max_str_digits).
py::object MakeBigInt(const Document& document, Cell cell) {
  std::string_view digits = BigInt(document, cell);
  if (digits.size() <= kDigitsAtOnce) return MakeInt(digits);
  const bool is_negative = digits.starts_with('-');
  if (is_negative) digits.remove_prefix(1);
  py::object number = py::int_(0);
  while (!digits.empty()) {
    const std::string_view part = digits.substr(0, kDigitsAtOnce);
    const py::object shift =
        Steal(PyNumber_Power(py::int_(10).ptr(), py::int_(part.size()).ptr(), py::none().ptr()));
    number = number * shift + MakeInt(part);
    digits.remove_prefix(part.size());
  }
  return is_negative ? -number : number;
}

class PlainBuilder {
 public:
  explicit PlainBuilder(const Document& document)
      : document_(document), guard_(document), strings_(document.string_offsets().size() - 1) {}

  py::object Build(Cell cell) {
    switch (cell.kind()) {
      case CellKind::kString:
        return String(cell.index());
      case CellKind::kArray:
        return BuildList(cell);
      case CellKind::kObject:
        return BuildDict(cell);
      default:
        return ScalarToPython(document_, cell);
    }
  }

 private:
  const py::object& String(StringId id) {
    const std::string_view bytes = document_.String(id);
    py::object& known = strings_[id];
    if (!known) known = ToStr(document_, bytes);
    return known;
  }

  py::object BuildList(Cell cell) {
    const auto elements = document_.Elements(cell);
    const WalkGuard::Level level(guard_, elements.size());
    py::object list = Steal(PyList_New(static_cast<Py_ssize_t>(elements.size())));
    for (size_t i = 0; i < elements.size(); ++i) {
      PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i), Build(elements[i]).release().ptr());
    }
    return list;
  }

  py::object BuildDict(Cell cell) {
    const auto keys = document_.Keys(cell);
    const auto elements = document_.Elements(cell);
    const WalkGuard::Level level(guard_, elements.size());
    py::object dict = Steal(PyDict_New());
    for (size_t i = 0; i < elements.size(); ++i) {
      const py::object value = Build(elements[i]);
      if (PyDict_SetItem(dict.ptr(), String(keys[i]).ptr(), value.ptr()) != 0) {
        throw py::error_already_set();
      }
    }
    return dict;
  }

  const Document& document_;
  WalkGuard guard_;
  std::vector<py::object> strings_;
};

class Comparison {
 public:
  explicit Comparison(const Document& document) : document_(document), guard_(document) {}

  bool EqualsPython(Cell cell, const py::handle& other) {
    if (cell.is(CellKind::kObject)) return EqualsDict(cell, other);
    if (cell.is(CellKind::kArray)) return EqualsList(cell, other);
    const py::object scalar = cell.is(CellKind::kString)
                                  ? py::object(ToStr(document_, document_.String(cell.index())))
                                  : ScalarToPython(document_, cell);
    return scalar.equal(other);
  }

  bool EqualsCell(Cell cell, const Document& other_document, Cell other) {
    if (&document_ == &other_document && cell == other) return true;
    if (cell.is(CellKind::kObject)) {
      if (!other.is(CellKind::kObject)) return false;
      const auto elements = document_.Elements(cell);
      const WalkGuard::Level level(guard_, elements.size());
      if (other_document.Elements(other).size() != elements.size()) return false;
      const auto keys = document_.Keys(cell);
      for (size_t i = 0; i < elements.size(); ++i) {
        const auto value = other_document.Find(other, document_.String(keys[i]));
        if (!value || !EqualsCell(elements[i], other_document, *value)) return false;
      }
      return true;
    }
    if (cell.is(CellKind::kArray)) {
      if (!other.is(CellKind::kArray)) return false;
      const auto elements = document_.Elements(cell);
      const WalkGuard::Level level(guard_, elements.size());
      const auto others = other_document.Elements(other);
      if (others.size() != elements.size()) return false;
      for (size_t i = 0; i < elements.size(); ++i) {
        if (!EqualsCell(elements[i], other_document, others[i])) return false;
      }
      return true;
    }
    if (other.is_container()) return false;
    if (cell.is(CellKind::kString) && other.is(CellKind::kString)) {
      return document_.String(cell.index()) == other_document.String(other.index());
    }
    if (cell.is(CellKind::kString) || other.is(CellKind::kString)) return false;
    return ScalarToPython(document_, cell).equal(ScalarToPython(other_document, other));
  }

 private:
  bool EqualsDict(Cell cell, const py::handle& other) {
    if (py::isinstance<ObjectView>(other)) return EqualsView(cell, other.cast<View>());
    if (!PyDict_Check(other.ptr())) return false;
    const auto keys = document_.Keys(cell);
    const auto elements = document_.Elements(cell);
    const WalkGuard::Level level(guard_, elements.size());
    if (PyDict_Size(other.ptr()) != static_cast<Py_ssize_t>(elements.size())) return false;
    for (size_t i = 0; i < elements.size(); ++i) {
      const py::object value = ItemOf(other, ToStr(document_, document_.String(keys[i])));
      if (!value || !EqualsPython(elements[i], value)) return false;
    }
    return true;
  }

  bool EqualsList(Cell cell, const py::handle& other) {
    if (py::isinstance<ArrayView>(other)) return EqualsView(cell, other.cast<View>());
    if (!PyList_Check(other.ptr())) return false;
    const auto elements = document_.Elements(cell);
    const WalkGuard::Level level(guard_, elements.size());
    for (size_t i = 0; i < elements.size(); ++i) {
      const py::object element = ElementOf(other, static_cast<Py_ssize_t>(i));
      if (!element || !EqualsPython(elements[i], element)) return false;
    }
    return PyList_GET_SIZE(other.ptr()) == static_cast<Py_ssize_t>(elements.size());
  }

  bool EqualsView(Cell cell, const View& other) {
    const HandlePtr handle = other.handle;  // a manifest may be refreshed meanwhile
    return EqualsCell(cell, handle->document(), other.cell);
  }

  const Document& document_;
  WalkGuard guard_;
};

}  // namespace

py::object ItemOf(const py::handle& dict, const py::handle& key) {
  const CriticalSection section(dict);
  PyObject* const value = PyDict_GetItemWithError(dict.ptr(), key.ptr());
  if (value == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return py::reinterpret_borrow<py::object>(value);
}

py::object ElementOf(const py::handle& sequence, Py_ssize_t index) {
  const CriticalSection section(sequence);
  if (index >= PySequence_Fast_GET_SIZE(sequence.ptr())) return {};
  return py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(sequence.ptr(), index));
}

py::object ScalarToPython(const Document& document, Cell cell) {
  switch (cell.kind()) {
    case CellKind::kNull:
      return py::none();
    case CellKind::kFalse:
      return py::bool_(false);
    case CellKind::kTrue:
      return py::bool_(true);
    case CellKind::kInt:
      return Steal(PyLong_FromLongLong(cell.small_int()));
    case CellKind::kWideInt:
      return Steal(PyLong_FromLongLong(static_cast<int64_t>(document.Wide(cell))));
    case CellKind::kWideUint:
      return Steal(PyLong_FromUnsignedLongLong(document.Wide(cell)));
    case CellKind::kDouble:
      return Steal(PyFloat_FromDouble(document.Double(cell)));
    case CellKind::kBigInt:
      return MakeBigInt(document, cell);
    case CellKind::kDate:
      return MakeDate(document, cell.index());
    case CellKind::kDateTime:
      return MakeDateTime(document, document.Wide(cell), cell.aux());
    default:
      document.Fail("a value of unknown kind (damaged file)");
  }
}

py::str ToStr(const Document& document, std::string_view bytes) {
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), kSurrogatesToo);
  if (text == nullptr) {
    if (PyErr_ExceptionMatches(PyExc_UnicodeDecodeError) == 0) throw py::error_already_set();
    PyErr_Clear();
    document.Fail("a string is not UTF-8 (damaged file)");
  }
  return py::reinterpret_steal<py::str>(text);
}

std::optional<std::string_view> Utf8(const py::handle& text) {
  if (!PyUnicode_Check(text.ptr())) return std::nullopt;
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (bytes == nullptr) {
    PyErr_Clear();
    return std::nullopt;
  }
  return std::string_view(bytes, static_cast<size_t>(size));
}

StoredText::StoredText(const py::handle& text) : bytes_(Utf8(text)) {
  if (bytes_ || !PyUnicode_Check(text.ptr())) return;
  encoded_ = Steal(PyUnicode_AsEncodedString(text.ptr(), "utf-8", kSurrogatesToo));
  bytes_.emplace(PyBytes_AS_STRING(encoded_.ptr()),
                 static_cast<size_t>(PyBytes_GET_SIZE(encoded_.ptr())));
}

std::string FsEncode(const py::object& path) {
  PyObject* encoded = nullptr;
  if (PyUnicode_FSConverter(path.ptr(), &encoded) == 0) throw py::error_already_set();
  return py::reinterpret_steal<py::bytes>(encoded);
}

std::vector<std::string> FsEncodeAll(const py::iterable& paths) {
  std::vector<std::string> all;
  for (const py::handle path : paths) {
    all.push_back(FsEncode(py::reinterpret_borrow<py::object>(path)));
  }
  return all;
}

Row FindRow(const Document& document, const py::str& unique_id) {
  const StoredText bytes(unique_id);
  return bytes ? document.FindRow(*bytes) : kNoRow;
}

py::object ColumnToPython(const Document& document, StringId id) {
  if (id == kNoString) return py::none();
  return ToStr(document, document.String(id));
}

py::object ToView(const HandlePtr& handle, Cell cell) {
  switch (cell.kind()) {
    case CellKind::kString: {
      const Document& document = handle->document();
      return ToStr(document, document.String(cell.index()));
    }
    case CellKind::kArray:
      return py::cast(ArrayView{{handle, cell}});
    case CellKind::kObject:
      return py::cast(ObjectView{{handle, cell}});
    default:
      return ScalarToPython(handle->document(), cell);
  }
}

py::object ElementToView(const View& container, Cell element) {
  container.document().CheckNesting(container.cell, element);
  return ToView(container.handle, element);
}

py::object ToPlain(const Document& document, Cell cell) {
  const GarbageCollectionPause pause;
  return PlainBuilder(document).Build(cell);
}

bool Equals(const View& view, const py::handle& other) {
  return Comparison(view.document()).EqualsPython(view.cell, other);
}

}  // namespace flatmanifest::python
