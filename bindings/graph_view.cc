#include "bindings/graph_view.h"

#include <atomic>
#include <cstring>
#include <mutex>
#include <string>

#include "bindings/to_python.h"

namespace flatmanifest::python {

namespace {

py::ssize_t IndexOf(const py::handle& number) {
  const py::ssize_t index = PyNumber_AsSsize_t(number.ptr(), PyExc_IndexError);
  if (index == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return index;
}

// Appends the rows and returns true if `numbers` is a buffer of uint32.
bool AppendBuffer(const Graph& graph, const py::object& numbers, std::vector<Row>& rows) {
  if (PyObject_CheckBuffer(numbers.ptr()) == 0) return false;
  const py::buffer_info info = py::reinterpret_borrow<py::buffer>(numbers).request();
  if (info.ndim != 1 || info.itemsize != sizeof(uint32_t) ||
      (info.format != "I" && info.format != "L")) {
    return false;
  }
  for (py::ssize_t i = 0; i < info.shape[0]; ++i) {
    Row row = 0;
    std::memcpy(&row, static_cast<const char*>(info.ptr) + i * info.strides[0], sizeof(row));
    if (row >= graph.row_limit()) throw py::index_error("row out of range");
    rows.push_back(row);
  }
  return true;
}

}  // namespace

IdCache::~IdCache() {
  const py::gil_scoped_acquire acquire;
  ids_.clear();
}

IdCache::IdCache(const IdCache& other) {
  const std::lock_guard lock(other.mutex_);
  ids_ = other.ids_;
}

py::object IdCache::Get(const Graph& graph, Row row) {
  const std::lock_guard lock(mutex_);
  if (row >= ids_.size()) ids_.resize(graph.row_limit());
  if (!ids_[row]) {
    const std::string_view name = graph.names().Name(row);
    py::object made = graph.document() != nullptr ? py::object(ToStr(*graph.document(), name))
                                                  : py::object(py::str(name.data(), name.size()));
    ids_[row] = std::move(made);
  }
  return ids_[row];
}

Graph& GraphView::Change(bool new_ids) {
  Share();  // raises if closed
  if (graph.use_count() != 1) graph = std::make_shared<Graph>(*graph);
  if (new_ids && ids.use_count() != 1) ids = std::make_shared<IdCache>(*ids);
  // Acquire: the threads that released their shares have finished reading.
  std::atomic_thread_fence(std::memory_order_acquire);
  return *graph;
}

GraphView GraphOf(const HandlePtr& handle) {
  const Document& document = handle->document();
  const SharedGraph& shared = handle->graph([&] {
    return std::make_shared<const SharedGraph>(
        SharedGraph{std::make_shared<Graph>(document), std::make_shared<IdCache>()});
  });
  return {handle, shared.graph, shared.ids};
}

const Digraph& Linked(const Graph& graph) {
  return *WithoutGil([&] { return &graph.digraph(); });
}

Generations Sorted(const Graph& graph) {
  return WithoutGil([&] { return graph.TopologicalOrder(); });
}

Row NodeOf(const Graph& graph, const py::str& unique_id) {
  const StoredText bytes(unique_id);
  const Row row = bytes ? graph.Find(*bytes) : kNoRow;
  if (row == kNoRow) RaiseNodeNotFound(unique_id);
  return row;
}

std::vector<Row> NodesOf(const Graph& graph, const py::iterable& unique_ids) {
  if (py::isinstance<py::str>(unique_ids)) {
    Raise(PyExc_TypeError, "several ids are expected, not one str");
  }
  std::vector<Row> rows;
  for (const py::handle unique_id : unique_ids) {
    if (!py::isinstance<py::str>(unique_id)) {
      Raise(PyExc_TypeError,
            std::string("an id is a str, not ") + Py_TYPE(unique_id.ptr())->tp_name);
    }
    rows.push_back(NodeOf(graph, py::reinterpret_borrow<py::str>(unique_id)));
  }
  return rows;
}

Row RowOf(const Graph& graph, const py::handle& number) {
  py::ssize_t row = IndexOf(number);
  if (row < 0) row += graph.row_limit();
  if (row < 0 || row >= static_cast<py::ssize_t>(graph.row_limit())) {
    throw py::index_error("row out of range");
  }
  return static_cast<Row>(row);
}

Row NodeRowOf(const Graph& graph, const py::handle& number) {
  const Row row = RowOf(graph, number);
  if (!graph.Has(row)) {
    const std::string_view name = graph.names().Name(row);
    RaiseNodeNotFound(py::str(name.data(), name.size()));
  }
  return row;
}

std::vector<Row> NodeRowsOf(const Graph& graph, const py::object& numbers) {
  std::vector<Row> rows;
  if (!AppendBuffer(graph, numbers, rows)) {
    for (const py::handle number : py::iter(numbers)) rows.push_back(RowOf(graph, number));
  }
  for (const Row row : rows) {
    if (!graph.Has(row)) NodeRowOf(graph, py::int_(row));
  }
  return rows;
}

uint64_t DepthOf(const py::object& depth) {
  if (depth.is_none()) return kAnyDepth;
  const py::ssize_t edges = PyNumber_AsSsize_t(depth.ptr(), nullptr);  // clamps
  if (edges == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return edges < 0 ? 0 : static_cast<uint64_t>(edges);
}

py::set IdSet(const GraphView& view, const Graph& graph, const std::vector<Row>& rows) {
  const std::shared_ptr<IdCache> ids = view.ids;
  py::set set;
  for (const Row row : rows) {
    if (PySet_Add(set.ptr(), ids->Get(graph, row).ptr()) != 0) throw py::error_already_set();
  }
  return set;
}

py::list IdList(const GraphView& view, const Graph& graph, std::span<const Row> rows) {
  const std::shared_ptr<IdCache> ids = view.ids;
  py::list list(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    PyList_SET_ITEM(list.ptr(), static_cast<Py_ssize_t>(i),
                    ids->Get(graph, rows[i]).release().ptr());
  }
  return list;
}

}  // namespace flatmanifest::python
