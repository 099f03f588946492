// The state of Python's Graph objects, and conversions of ids and rows.

#ifndef FLATMANIFEST_BINDINGS_GRAPH_VIEW_H_
#define FLATMANIFEST_BINDINGS_GRAPH_VIEW_H_

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "bindings/handle.h"
#include "graph/graph.h"
#include "graph/topology.h"

namespace flatmanifest::python {

// The ids of a graph's rows as str, each made when it is first handed out: a set of a thousand ids
// then costs a thousand references. Safe to call from several threads at once.
class IdCache {
 public:
  IdCache() = default;
  IdCache(const IdCache& other);
  IdCache& operator=(const IdCache&) = delete;
  ~IdCache();

  py::object Get(const Graph& graph, Row row);

 private:
  mutable Mutex mutex_;
  std::vector<py::object> ids_;
};

struct SharedGraph {
  std::shared_ptr<Graph> graph;
  std::shared_ptr<IdCache> ids;
};

// The state of a Graph object. A native graph never changes while others hold it: Change copies it
// first. A call takes its own share before other Python code can run (when it releases the GIL or
// makes an object).
struct GraphView {
  HandlePtr handle;  // null for a graph that was made from edges
  std::shared_ptr<Graph> graph;
  std::shared_ptr<IdCache> ids;

  // The native graph. Raises ValueError if it is a manifest's that was closed.
  std::shared_ptr<const Graph> Share() const {
    if (handle) handle->document();
    return graph;
  }
  // A view of a graph that was made from this view's graph. Its rows have the same ids.
  GraphView With(Graph made) const {
    return {handle, std::make_shared<Graph>(std::move(made)), ids};
  }
  // The native graph, for changing. `new_ids`: rows may get other ids than in the graphs that share
  // this view's ids.
  Graph& Change(bool new_ids = false);
};

// Manifest.graph.
GraphView GraphOf(const HandlePtr& handle);

// Runs native code that may take long without the GIL.
template <typename Call>
auto WithoutGil(Call call) {
  const py::gil_scoped_release release;
  return call();
}

// Runs a walk. A walk of a large graph runs without the GIL; that of a small graph may take less
// time than getting the GIL back from a busy thread.
template <typename Walk>
std::vector<Row> RunWalk(const Graph& graph, Walk walk) {
  constexpr uint32_t kWorthReleasing = 20'000;
  return graph.row_limit() < kWorthReleasing ? walk() : WithoutGil(walk);
}

// The graph in dbt's order, which the first call links.
const Digraph& Linked(const Graph& graph);
// The generations of a topological sort. Raises GraphError ("Found a cycle: ...") for a cyclic
// graph.
Generations Sorted(const Graph& graph);

// --- in ---

// The node of that id. Raises NodeNotFoundError.
Row NodeOf(const Graph& graph, const py::str& unique_id);
// The nodes of those ids. Raises NodeNotFoundError, or TypeError for an id that is no str.
std::vector<Row> NodesOf(const Graph& graph, const py::iterable& unique_ids);
// The row of that number; negative numbers count from the end. Raises IndexError, and
// NodeNotFoundError for a row that is no node.
Row RowOf(const Graph& graph, const py::handle& number);
Row NodeRowOf(const Graph& graph, const py::handle& number);
// The node rows of several numbers, given as integers or as a buffer of uint32.
std::vector<Row> NodeRowsOf(const Graph& graph, const py::object& numbers);
// The depth for None (any depth) or a number (a negative one is 0).
uint64_t DepthOf(const py::object& depth);

// --- out ---

py::set IdSet(const GraphView& view, const Graph& graph, const std::vector<Row>& rows);
py::list IdList(const GraphView& view, const Graph& graph, std::span<const Row> rows);

// --- the parts of the class ---

using GraphClass = py::class_<GraphView>;
// Adds the methods that take or give row numbers.
void BindGraphRows(GraphClass& graph);

}  // namespace flatmanifest::python

namespace pybind11::detail {

template <>
class type_caster<flatmanifest::python::GraphView>
    : public CopyingCaster<flatmanifest::python::GraphView> {};

}  // namespace pybind11::detail

#endif  // FLATMANIFEST_BINDINGS_GRAPH_VIEW_H_
