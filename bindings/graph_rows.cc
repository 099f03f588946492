// Graph's methods over row numbers, as buffers.

#include <string>
#include <utility>

#include "bindings/buffers.h"
#include "bindings/graph_view.h"
#include "bindings/to_python.h"
#include "graph/paths.h"
#include "graph/topology.h"

namespace flatmanifest::python {

namespace {

py::object IdOfRow(const GraphView& view, const py::object& number) {
  const auto graph = view.Share();
  const auto ids = view.ids;
  return ids->Get(*graph, RowOf(*graph, number));
}

Row RowOfId(const GraphView& view, const py::str& unique_id) {
  const auto graph = view.Share();
  const StoredText bytes(unique_id);
  const Row row = bytes ? graph->Find(*bytes) : kNoRow;
  if (row == kNoRow) RaiseKeyError(unique_id);
  return row;
}

// One of the four columns: from the mapping, or computed from the graph as it is now.
auto Column(bool of_children, bool indptr) {
  return [of_children, indptr](const GraphView& view) {
    const auto graph = view.Share();
    if (const Dependencies* mapped = graph->mapped()) {
      const CsrColumns& csr = of_children ? mapped->children() : mapped->parents();
      return UintBuffer(view.handle, indptr ? csr.indptr : csr.indices);
    }
    CsrRows csr =
        WithoutGil([&] { return of_children ? graph->ChildColumns() : graph->ParentColumns(); });
    return UintBuffer(std::move(indptr ? csr.indptr : csr.indices));
  };
}

py::memoryview NodeRows(const GraphView& view) {
  const auto graph = view.Share();
  return UintBuffer(WithoutGil([&] {
    const auto nodes = graph->digraph().Nodes();
    return std::vector<Row>(nodes.begin(), nodes.end());
  }));
}

py::tuple EdgeRows(const GraphView& view) {
  const auto graph = view.Share();
  std::vector<Row> parents;
  std::vector<Row> children;
  WithoutGil([&] {
    const Digraph& digraph = graph->digraph();
    for (const Row row : digraph.Nodes()) {
      for (const Digraph::Link link : digraph.Successors(row)) {
        parents.push_back(row);
        children.push_back(link.row);
      }
    }
  });
  return py::make_tuple(UintBuffer(std::move(parents)), UintBuffer(std::move(children)));
}

auto LinkedRows(bool successors) {
  return [successors](const GraphView& view, const py::object& number) {
    const auto graph = view.Share();
    const Row row = NodeRowOf(*graph, number);
    return UintBuffer(WithoutGil([&] {
      const Digraph& digraph = graph->digraph();
      std::vector<Row> rows;
      for (const Digraph::Link link :
           successors ? digraph.Successors(row) : digraph.Predecessors(row)) {
        rows.push_back(link.row);
      }
      return rows;
    }));
  };
}

template <typename Member>
auto WalkFromRow(Member member) {
  return [member](const GraphView& view, const py::object& number, const py::object& depth) {
    const auto graph = view.Share();
    const Row row = NodeRowOf(*graph, number);
    const uint64_t edges = DepthOf(depth);
    return UintBuffer(RunWalk(*graph, [&] { return ((*graph).*member)(row, edges); }));
  };
}

template <typename Member>
auto WalkFromEach(Member member) {
  return [member](const GraphView& view, const py::object& depth) {
    const auto graph = view.Share();
    const uint64_t edges = DepthOf(depth);
    CsrRows all = WithoutGil([&] { return ((*graph).*member)(edges); });
    return py::make_tuple(UintBuffer(std::move(all.indptr)), UintBuffer(std::move(all.indices)));
  };
}

template <typename Member>
auto WalkFromRows(Member member) {
  return [member](const GraphView& view, const py::object& numbers, const py::object& depth) {
    const auto graph = view.Share();
    const std::vector<Row> rows = NodeRowsOf(*graph, numbers);
    const uint64_t edges = DepthOf(depth);
    return UintBuffer(RunWalk(*graph, [&] { return ((*graph).*member)(rows, edges); }));
  };
}

py::memoryview ChildrensParentRows(const GraphView& view, const py::object& numbers) {
  const auto graph = view.Share();
  const std::vector<Row> rows = NodeRowsOf(*graph, numbers);
  return UintBuffer(RunWalk(*graph, [&] { return graph->SelectChildrensParents(rows); }));
}

py::memoryview TopologicalRows(const GraphView& view) {
  return UintBuffer(Sorted(*view.Share()).rows);
}

py::tuple GenerationRows(const GraphView& view) {
  Generations generations = Sorted(*view.Share());
  return py::make_tuple(UintBuffer(std::move(generations.starts)),
                        UintBuffer(std::move(generations.rows)));
}

py::memoryview CycleRows(const GraphView& view) {
  const auto graph = view.Share();
  return UintBuffer(WithoutGil([&] { return FindCycle(graph->digraph()); }));
}

py::memoryview ScoreRows(const GraphView& view) {
  const auto graph = view.Share();
  return UintBuffer(
      WithoutGil([&] { return QueueScores(graph->TopologicalGenerations(), graph->row_limit()); }));
}

py::memoryview PathRows(const GraphView& view, const py::object& parent, const py::object& child) {
  const auto graph = view.Share();
  const Row from = NodeRowOf(*graph, parent);
  const Row to = NodeRowOf(*graph, child);
  return UintBuffer(WithoutGil([&] { return ShortestPath(graph->digraph(), from, to); }));
}

}  // namespace

void BindGraphRows(GraphClass& graph) {
  const py::arg_v any_depth = py::arg("depth") = py::none();
  graph.def("id", &IdOfRow, py::arg("row"))
      .def("row", &RowOfId, py::arg("unique_id"))
      .def_property_readonly("indptr", Column(true, true))
      .def_property_readonly("indices", Column(true, false))
      .def_property_readonly("parent_indptr", Column(false, true))
      .def_property_readonly("parent_indices", Column(false, false))
      .def("node_rows", &NodeRows)
      .def("edge_rows", &EdgeRows)
      .def("successor_rows", LinkedRows(true), py::arg("row"))
      .def("predecessor_rows", LinkedRows(false), py::arg("row"))
      .def("ancestor_rows", WalkFromRow(&Graph::Ancestors), py::arg("row"), any_depth)
      .def("descendant_rows", WalkFromRow(&Graph::Descendants), py::arg("row"), any_depth)
      .def("all_ancestor_rows", WalkFromEach(&Graph::AllAncestors), any_depth)
      .def("all_descendant_rows", WalkFromEach(&Graph::AllDescendants), any_depth)
      .def("children_rows", WalkFromRows(&Graph::SelectChildren), py::arg("rows"), any_depth)
      .def("parents_rows", WalkFromRows(&Graph::SelectParents), py::arg("rows"), any_depth)
      .def("childrens_parents_rows", &ChildrensParentRows, py::arg("rows"))
      .def("topological_rows", &TopologicalRows)
      .def("generation_rows", &GenerationRows)
      .def("cycle_rows", &CycleRows)
      .def("queue_score_rows", &ScoreRows)
      .def("shortest_path_rows", &PathRows, py::arg("parent"), py::arg("child"));
}

}  // namespace flatmanifest::python
