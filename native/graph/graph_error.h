// The error of graphs.

#ifndef FLATMANIFEST_GRAPH_GRAPH_ERROR_H_
#define FLATMANIFEST_GRAPH_GRAPH_ERROR_H_

#include "format/error.h"

namespace flatmanifest {

// A graph that does not permit the operation: it has a cycle, or a dependency on a missing node.
// The message is dbt's where dbt has one. ValueError in Python.
class GraphError : public Error {
 public:
  using Error::Error;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_GRAPH_ERROR_H_
