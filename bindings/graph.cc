// Graph's methods over ids. python/flatmanifest/_native.pyi documents every method.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "bindings/graph_view.h"
#include "bindings/to_python.h"
#include "bindings/views.h"
#include "graph/paths.h"
#include "graph/topology.h"

namespace flatmanifest::python {

namespace {

// --- making one ---

// The id of a node to be added. Raises TypeError, or UnicodeEncodeError for a lone surrogate.
std::string_view NewId(const py::handle& unique_id) {
  if (!py::isinstance<py::str>(unique_id)) {
    Raise(PyExc_TypeError, std::string("an id is a str, not ") + Py_TYPE(unique_id.ptr())->tp_name);
  }
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(unique_id.ptr(), &size);
  if (bytes == nullptr) throw py::error_already_set();
  return {bytes, static_cast<size_t>(size)};
}

void AddEdgeOf(Graph& graph, const py::handle& pair) {
  const auto ends = py::reinterpret_steal<py::object>(
      py::isinstance<py::str>(pair) ? nullptr : PySequence_Tuple(pair.ptr()));
  if (!ends || PyTuple_GET_SIZE(ends.ptr()) != 2) {
    PyErr_Clear();
    PyErr_Format(PyExc_TypeError, "an edge is a pair of ids, (parent, child), not %R", pair.ptr());
    throw py::error_already_set();
  }
  const py::handle parent = PyTuple_GET_ITEM(ends.ptr(), 0);
  const py::handle child = PyTuple_GET_ITEM(ends.ptr(), 1);
  graph.AddEdge(NewId(parent), NewId(child));
}

GraphView MakeGraph(const py::iterable& edges, const py::iterable& nodes) {
  const auto graph = std::make_shared<Graph>();
  for (const py::handle unique_id : nodes) graph->AddNode(NewId(unique_id));
  for (const py::handle pair : edges) AddEdgeOf(*graph, pair);
  return {nullptr, graph, std::make_shared<IdCache>()};
}

// Graph(edges, nodes). __new__ makes the whole instance: an instance that only __new__ was called
// for would hold nothing, and its methods would follow a wild pointer.
void SetUpConstructor(PyHeapTypeObject* type) {
  type->ht_type.tp_new = [](PyTypeObject*, PyObject* args, PyObject* keywords) -> PyObject* {
    try {
      const auto positional = py::reinterpret_borrow<py::args>(args);
      const auto named =
          keywords == nullptr ? py::kwargs() : py::reinterpret_borrow<py::kwargs>(keywords);
      const py::object make = py::module_::import("flatmanifest._native").attr("_make_graph");
      return make(*positional, **named).release().ptr();
    } catch (py::error_already_set& error) {
      error.restore();
      return nullptr;
    }
  };
  type->ht_type.tp_init = [](PyObject*, PyObject*, PyObject*) { return 0; };
  SetUpRepr(type);
}

// --- nodes and edges ---

bool Contains(const GraphView& view, const py::object& unique_id) {
  const auto graph = view.Share();
  const StoredText bytes(unique_id);
  if (!bytes && PyObject_Hash(unique_id.ptr()) == -1) throw py::error_already_set();
  return bytes && graph->Find(*bytes) != kNoRow;
}

// Includes rows that are no longer nodes. The list is new on each call: callers rarely want all ids
// twice.
py::list Ids(const GraphView& view) {
  const auto graph = view.Share();
  const uint32_t count = graph->row_limit();
  py::list ids(count);
  for (Row row = 0; row < count; ++row) {
    const std::string_view name = graph->names().Name(row);
    py::str id = graph->document() != nullptr ? ToStr(*graph->document(), name)
                                              : py::str(name.data(), name.size());
    PyList_SET_ITEM(ids.ptr(), static_cast<Py_ssize_t>(row), id.release().ptr());
  }
  return ids;
}

py::list Nodes(const GraphView& view) {
  const auto graph = view.Share();
  const Digraph& digraph = Linked(*graph);
  const auto nodes = digraph.Nodes();
  return IdList(view, *graph, std::vector<Row>(nodes.begin(), nodes.end()));
}

// (parent, child) of each edge, or of those of one kind.
py::list Edges(const GraphView& view, std::optional<EdgeKind> kind) {
  const auto graph = view.Share();
  const auto ids = view.ids;
  const Digraph& digraph = Linked(*graph);
  py::list edges;
  for (const Row row : digraph.Nodes()) {
    for (const Digraph::Link link : digraph.Successors(row)) {
      if (kind && link.kind != *kind) continue;
      edges.append(py::make_tuple(ids->Get(*graph, row), ids->Get(*graph, link.row)));
    }
  }
  return edges;
}

bool HasEdge(const GraphView& view, const py::str& parent, const py::str& child) {
  const auto graph = view.Share();
  const StoredText from(parent);
  const StoredText to(child);
  if (!from || !to) return false;
  const Row source = graph->Find(*from);
  const Row target = graph->Find(*to);
  return source != kNoRow && target != kNoRow && Linked(*graph).HasEdge(source, target);
}

py::list LinkedIds(const GraphView& view, const py::str& unique_id, bool successors) {
  const auto graph = view.Share();
  const Row row = NodeOf(*graph, unique_id);
  const Digraph& digraph = Linked(*graph);
  std::vector<Row> rows;
  for (const Digraph::Link link :
       successors ? digraph.Successors(row) : digraph.Predecessors(row)) {
    rows.push_back(link.row);
  }
  return IdList(view, *graph, rows);
}

// --- walks ---

template <typename Member>
auto WalkFromId(Member member) {
  return [member](const GraphView& view, const py::str& unique_id, const py::object& depth) {
    const auto graph = view.Share();
    const Row row = NodeOf(*graph, unique_id);
    const uint64_t edges = DepthOf(depth);
    return IdSet(view, *graph, RunWalk(*graph, [&] { return ((*graph).*member)(row, edges); }));
  };
}

template <typename Member>
auto WalkFromIds(Member member) {
  return [member](const GraphView& view, const py::iterable& unique_ids, const py::object& depth) {
    const auto graph = view.Share();
    const std::vector<Row> rows = NodesOf(*graph, unique_ids);
    const uint64_t edges = DepthOf(depth);
    return IdSet(view, *graph, RunWalk(*graph, [&] { return ((*graph).*member)(rows, edges); }));
  };
}

py::set SelectChildrensParents(const GraphView& view, const py::iterable& unique_ids) {
  const auto graph = view.Share();
  const std::vector<Row> rows = NodesOf(*graph, unique_ids);
  return IdSet(view, *graph, RunWalk(*graph, [&] { return graph->SelectChildrensParents(rows); }));
}

py::set SelectSuccessors(const GraphView& view, const py::iterable& unique_ids) {
  const auto graph = view.Share();
  const std::vector<Row> rows = NodesOf(*graph, unique_ids);
  return IdSet(view, *graph, graph->SelectSuccessors(rows));
}

py::set DependentNodes(const GraphView& view, const py::str& unique_id) {
  const auto graph = view.Share();
  const Row row = NodeOf(*graph, unique_id);
  return IdSet(view, *graph, RunWalk(*graph, [&] { return graph->DependentNodes(row); }));
}

// --- graphs of graphs ---

// dbt's and networkx's subgraph: ids that are no nodes do not matter.
GraphView Subgraph(const GraphView& view, const py::iterable& unique_ids) {
  const auto graph = view.Share();
  std::vector<Row> rows;
  for (const py::handle unique_id : unique_ids) {
    const StoredText bytes(unique_id);
    const Row row = bytes ? graph->Find(*bytes) : kNoRow;
    if (row != kNoRow) rows.push_back(row);
  }
  return view.With(WithoutGil([&] { return graph->SubgraphOf(rows); }));
}

GraphView SubsetGraph(const GraphView& view, const py::iterable& unique_ids) {
  const auto graph = view.Share();
  std::vector<Row> rows;
  for (const py::handle unique_id : unique_ids) {
    const StoredText bytes(unique_id);
    const Row row = bytes ? graph->Find(*bytes) : kNoRow;
    if (row == kNoRow) {
      PyErr_Format(PyExc_ValueError, "Couldn't find model '%S' -- does it exist or is it disabled?",
                   unique_id.ptr());
      throw py::error_already_set();
    }
    rows.push_back(row);
  }
  return view.With(WithoutGil([&] { return graph->SubsetGraphOf(rows); }));
}

GraphView AddTestEdges(const GraphView& view, bool fast) {
  const auto graph = view.Share();
  return view.With(WithoutGil([&] { return graph->WithTestEdges(fast); }));
}

GraphView TransitiveReduction(const GraphView& view) {
  const auto graph = view.Share();
  return view.With(WithoutGil([&] { return graph->TransitivelyReduced(); }));
}

GraphView Copy(const GraphView& view) {
  view.Share();
  return view;  // shares everything until either changes
}

// --- orders ---

py::list TopologicalSort(const GraphView& view) {
  const auto graph = view.Share();
  return IdList(view, *graph, Sorted(*graph).rows);
}

py::list GenerationIds(const GraphView& view) {
  const auto graph = view.Share();
  const Generations generations = Sorted(*graph);
  const GarbageCollectionPause pause;  // there may be as many lists as nodes, and no cycle
  py::list lists(generations.count());
  for (uint32_t i = 0; i < generations.count(); ++i) {
    lists[i] = IdList(view, *graph, generations[i]);
  }
  return lists;
}

py::object Cycle(const GraphView& view) {
  const auto graph = view.Share();
  const auto cycle = WithoutGil([&] { return FindCycle(graph->digraph()); });
  if (cycle.empty()) return py::none();
  return IdList(view, *graph, cycle);
}

void Check(const GraphView& view) {
  const auto graph = view.Share();
  WithoutGil([&] { graph->Check(); });
}

py::dict Scores(const GraphView& view) {
  const auto graph = view.Share();
  const auto ids = view.ids;
  const Generations generations = WithoutGil([&] { return graph->TopologicalGenerations(); });
  py::dict scores;
  for (uint32_t i = 0; i < generations.count(); ++i) {
    const py::int_ score(i);
    for (const Row row : generations[i]) scores[ids->Get(*graph, row)] = score;
  }
  return scores;
}

// --- paths ---

py::object ShortestPathIds(const GraphView& view, const py::str& parent, const py::str& child) {
  const auto graph = view.Share();
  const Row from = NodeOf(*graph, parent);
  const Row to = NodeOf(*graph, child);
  const auto path = WithoutGil([&] { return ShortestPath(graph->digraph(), from, to); });
  if (path.empty()) return py::none();
  return IdList(view, *graph, path);
}

// Iterates over the paths between two nodes. Several threads may take from it.
struct PathIterator {
  GraphView view;
  std::shared_ptr<const Graph> graph;  // as it was
  SimplePaths paths;
  uint64_t remaining;
  std::unique_ptr<std::mutex> mutex = std::make_unique<std::mutex>();

  py::list Next() {
    if (view.handle) view.handle->document();
    const std::vector<Row> path = WithoutGil([this] {
      const std::lock_guard lock(*mutex);
      if (remaining == 0) return std::vector<Row>();
      --remaining;
      return paths.Next();
    });
    if (path.empty()) throw py::stop_iteration();
    return IdList(view, *graph, path);
  }
};

PathIterator AllPaths(const GraphView& view, const py::str& parent, const py::str& child,
                      const py::object& limit) {
  const auto graph = view.Share();
  const Row from = NodeOf(*graph, parent);
  const Row to = NodeOf(*graph, child);
  return {view, graph, WithoutGil([&] { return SimplePaths(graph->digraph(), from, to); }),
          DepthOf(limit)};
}

// --- changes ---

void AddNode(Exclusively<GraphView> view, const py::str& unique_id) {
  view->Change(/*new_ids=*/true).AddNode(NewId(unique_id));
}

void AddEdge(Exclusively<GraphView> view, const py::str& parent, const py::str& child) {
  const std::string_view from = NewId(parent);
  view->Change(/*new_ids=*/true).AddEdge(from, NewId(child));
}

void RemoveNode(Exclusively<GraphView> view, const py::str& unique_id) {
  const Row row = NodeOf(*view->Share(), unique_id);
  view->Change().RemoveNode(row);
}

void RemoveEdge(Exclusively<GraphView> view, const py::str& parent, const py::str& child) {
  const Row from = NodeOf(*view->Share(), parent);
  const Row to = NodeOf(*view->Share(), child);
  if (view->Change().RemoveEdge(from, to)) return;
  PyErr_Format(PyExc_ValueError, "there is no edge from %U to %U", parent.ptr(), child.ptr());
  throw py::error_already_set();
}

// --- the class ---

// A method that calls a function of python/flatmanifest/_graph.py.
auto InPython(const char* function) {
  return [function](const py::object& self) {
    self.cast<GraphView>().Share();
    return py::module_::import("flatmanifest._graph").attr(function)(self);
  };
}

template <typename Member>
auto DegreeOf(Member member) {
  return [member](const GraphView& view, const py::str& unique_id) {
    const auto graph = view.Share();
    return ((*graph).*member)(NodeOf(*graph, unique_id));
  };
}

void BindNodesAndEdges(GraphClass& graph) {
  graph
      .def("_repr_html_",
           [](const py::object& self) {
             return py::module_::import("flatmanifest._views").attr("html")(self);
           })
      .def("__len__", [](const GraphView& view) { return view.Share()->node_count(); })
      .def("__contains__", &Contains)
      .def("__iter__", [](const GraphView& view) { return py::iter(Nodes(view)); })
      .def_property_readonly("ids", &Ids)
      .def("nodes", &Nodes)
      .def("edges", [](const GraphView& view) { return Edges(view, std::nullopt); })
      .def("test_edges", [](const GraphView& view) { return Edges(view, EdgeKind::kParentTest); })
      .def("number_of_edges", [](const GraphView& view) { return view.Share()->edge_count(); })
      .def("has_edge", &HasEdge, py::arg("parent"), py::arg("child"))
      .def("in_degree", DegreeOf(&Graph::InDegree), py::arg("unique_id"))
      .def("out_degree", DegreeOf(&Graph::OutDegree), py::arg("unique_id"))
      .def(
          "successors",
          [](const GraphView& view, const py::str& id) { return LinkedIds(view, id, true); },
          py::arg("unique_id"))
      .def(
          "predecessors",
          [](const GraphView& view, const py::str& id) { return LinkedIds(view, id, false); },
          py::arg("unique_id"))
      .def("add_node", &AddNode, py::arg("unique_id"))
      .def("remove_node", &RemoveNode, py::arg("unique_id"))
      .def("add_edge", &AddEdge, py::arg("parent"), py::arg("child"))
      .def("remove_edge", &RemoveEdge, py::arg("parent"), py::arg("child"));
}

void BindWalks(GraphClass& graph) {
  const py::arg_v any_depth = py::arg("depth") = py::none();
  graph.def("ancestors", WalkFromId(&Graph::Ancestors), py::arg("unique_id"), any_depth)
      .def("descendants", WalkFromId(&Graph::Descendants), py::arg("unique_id"), any_depth)
      .def("select_children", WalkFromIds(&Graph::SelectChildren), py::arg("unique_ids"), any_depth)
      .def("select_parents", WalkFromIds(&Graph::SelectParents), py::arg("unique_ids"), any_depth)
      .def("select_childrens_parents", &SelectChildrensParents, py::arg("unique_ids"))
      .def("select_successors", &SelectSuccessors, py::arg("unique_ids"))
      .def("get_dependent_nodes", &DependentNodes, py::arg("unique_id"))
      .def("shortest_path", &ShortestPathIds, py::arg("parent"), py::arg("child"))
      .def("all_paths", &AllPaths, py::arg("parent"), py::arg("child"),
           py::arg("limit") = py::none());
}

void BindWholeGraphs(GraphClass& graph) {
  graph.def("topological_sort", &TopologicalSort)
      .def("topological_generations", &GenerationIds)
      .def("find_cycle", &Cycle)
      .def("check", &Check)
      .def("queue_scores", &Scores)
      .def("subgraph", &Subgraph, py::arg("unique_ids"))
      .def("get_subset_graph", &SubsetGraph, py::arg("unique_ids"))
      .def("add_test_edges", &AddTestEdges, py::arg("fast") = false)
      .def("transitive_reduction", &TransitiveReduction)
      .def("copy", &Copy)
      .def("to_networkx", InPython("to_networkx"))
      .def("to_rustworkx", InPython("to_rustworkx"))
      .def("to_scipy", InPython("to_scipy"));
}

}  // namespace

void BindGraph(py::module_& module) {
  GraphClass graph(module, "Graph", py::custom_type_setup(&SetUpConstructor), py::is_final());
  BindNodesAndEdges(graph);
  BindWalks(graph);
  BindWholeGraphs(graph);
  BindGraphRows(graph);
  module.def("_make_graph", &MakeGraph, py::arg("edges") = py::tuple(),
             py::arg("nodes") = py::tuple());
  py::class_<PathIterator>(module, "PathIterator", MadeHereOnly())
      .def("__iter__", [](const py::object& self) { return self; })
      .def("__next__", &PathIterator::Next);
}

}  // namespace flatmanifest::python
