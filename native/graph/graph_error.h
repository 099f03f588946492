// What a graph refuses.

#ifndef FLATMANIFEST_GRAPH_GRAPH_ERROR_H_
#define FLATMANIFEST_GRAPH_GRAPH_ERROR_H_

#include "format/error.h"

namespace flatmanifest {

// A graph that cannot be what is asked of it: one with a cycle, or with a dependency on nothing.
// The message is dbt's where dbt has one. ValueError in Python.
class GraphError : public Error {
 public:
  using Error::Error;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_GRAPH_ERROR_H_
