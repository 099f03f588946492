#include "graph/link_order.h"

#include <string>
#include <vector>

#include "graph/depends_on.h"
#include "graph/graph_error.h"
#include "graph/node_names.h"
#include "graph/row_set.h"
#include "graph/topology.h"

namespace flatmanifest {

namespace {

constexpr Collection kLinkOrder[] = {
    Collection::kSources,   Collection::kNodes,        Collection::kSemanticModels,
    Collection::kExposures, Collection::kFunctions,    Collection::kMetrics,
    Collection::kUnitTests, Collection::kSavedQueries,
};

bool MayBeDependedOn(Collection collection) {
  switch (collection) {
    case Collection::kNodes:
    case Collection::kSources:
    case Collection::kMetrics:
    case Collection::kSemanticModels:
    case Collection::kFunctions:
      return true;
    default:
      return false;
  }
}

Collection CollectionOf(const Document& document, Row row) {
  return static_cast<Collection>(document.resources().collection[row]);
}

// Calls visit(row) once for each of the graph's resources, in the order in which dbt links them. A
// unique_id of several collections is visited in the collection that its row comes from.
template <typename Visit>
void ForEachLinked(const Document& document, const DependsOn& depends_on, Visit visit) {
  RowSet visited(document.resources().graph_count);  // a damaged file may repeat keys
  for (const Collection collection : kLinkOrder) {
    const auto members = document.Find(document.root(), CollectionName(collection));
    if (!members || !members->is(CellKind::kObject)) continue;
    for (const StringId key : document.Keys(*members)) {
      const Row row = depends_on.RowOf(key);
      if (row == kNoRow || CollectionOf(document, row) != collection) continue;
      if (visited.Insert(row)) visit(row);
    }
  }
}

// Calls visit(name) for each dependency of a resource; sources have none, whatever they say.
template <typename Visit>
void ForEachDependency(const Document& document, DependsOn& depends_on, Row row, Visit visit) {
  if (CollectionOf(document, row) == Collection::kSources) return;
  for (const Cell name : depends_on.Names(document.resources().value[row])) {
    if (name.is(CellKind::kString)) visit(name);
  }
}

void CheckDependencies(const Document& document) {
  DependsOn depends_on(document);
  ForEachLinked(document, depends_on, [&](Row row) {
    ForEachDependency(document, depends_on, row, [&](Cell name) {
      const Row parent = depends_on.Parent(name);
      if (parent != kNoRow && MayBeDependedOn(CollectionOf(document, parent))) return;
      const std::string id(document.String(document.resources().unique_id[row]));
      throw GraphError("'" + id + "' depends on '" + std::string(document.String(name.index())) +
                       "' which is not in the graph!");
    });
  });
}

}  // namespace

Digraph LinkGraph(const Document& document) {
  DependsOn depends_on(document);
  Digraph graph(document.resources().graph_count);
  // All edges to a resource are added at its turn, so the last child of each parent is enough to
  // find repetitions.
  std::vector<Row> child_of(document.resources().graph_count, kNoRow);
  ForEachLinked(document, depends_on, [&](Row row) {
    graph.AddNode(row);
    ForEachDependency(document, depends_on, row, [&](Cell name) {
      const Row parent = depends_on.Parent(name);
      if (parent == kNoRow || child_of[parent] == row) return;
      child_of[parent] = row;
      graph.AddNode(parent);
      graph.AppendEdge(parent, row);
    });
  });
  return graph;
}

void CheckLinks(const Document& document, const Digraph& linked) {
  CheckDependencies(document);
  CheckAcyclic(linked, NodeNames(document));
}

}  // namespace flatmanifest
