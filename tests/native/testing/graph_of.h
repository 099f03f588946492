// Builds small graphs from text.

#ifndef FLATMANIFEST_TESTS_NATIVE_TESTING_GRAPH_OF_H_
#define FLATMANIFEST_TESTS_NATIVE_TESTING_GRAPH_OF_H_

#include <string>
#include <utility>
#include <vector>

#include "graph/digraph.h"

namespace flatmanifest::testing {

using Rows = std::vector<Row>;
using Pairs = std::vector<std::pair<Row, Row>>;

inline Digraph DigraphOf(const Pairs& edges) {
  Digraph graph;
  for (const auto& [from, to] : edges) graph.AddEdge(from, to);
  return graph;
}

inline Rows NodesOf(const Digraph& graph) {
  const auto nodes = graph.Nodes();
  return {nodes.begin(), nodes.end()};
}

inline Rows SuccessorsOf(const Digraph& graph, Row row) {
  Rows rows;
  for (const Digraph::Link link : graph.Successors(row)) rows.push_back(link.row);
  return rows;
}

inline Rows PredecessorsOf(const Digraph& graph, Row row) {
  Rows rows;
  for (const Digraph::Link link : graph.Predecessors(row)) rows.push_back(link.row);
  return rows;
}

// Every edge, in the order of nodes and of their successors.
inline Pairs EdgesOf(const Digraph& graph) {
  Pairs edges;
  for (const Row row : graph.Nodes()) {
    for (const Digraph::Link link : graph.Successors(row)) edges.emplace_back(row, link.row);
  }
  return edges;
}

// The edges of one kind.
inline Pairs EdgesOf(const Digraph& graph, EdgeKind kind) {
  Pairs edges;
  for (const Row row : graph.Nodes()) {
    for (const Digraph::Link link : graph.Successors(row)) {
      if (link.kind == kind) edges.emplace_back(row, link.row);
    }
  }
  return edges;
}

// A manifest of resources, given as unique_id, collection, and depends_on.nodes as JSON strings.
struct SmallResource {
  std::string unique_id;
  std::string collection;
  std::vector<std::string> depends_on;
};

inline std::string ManifestOf(const std::vector<SmallResource>& resources) {
  std::string json = "{";
  for (const char* collection : {"exposures", "nodes", "sources", "metrics", "semantic_models",
                                 "functions", "unit_tests", "saved_queries", "macros"}) {
    json += (json.size() > 1 ? ", \"" : "\"") + std::string(collection) + "\": {";
    bool first = true;
    for (const SmallResource& resource : resources) {
      if (resource.collection != collection) continue;
      const std::string type = resource.unique_id.substr(0, resource.unique_id.find('.'));
      json += (first ? "\"" : ", \"") + resource.unique_id + R"(": {"resource_type": ")" + type +
              R"(", "depends_on": {"nodes": [)";
      first = false;
      for (size_t i = 0; i < resource.depends_on.size(); ++i) {
        json += (i == 0 ? "\"" : ", \"") + resource.depends_on[i] + "\"";
      }
      json += "]}}";
    }
    json += "}";
  }
  return json + "}";
}

}  // namespace flatmanifest::testing

#endif  // FLATMANIFEST_TESTS_NATIVE_TESTING_GRAPH_OF_H_
