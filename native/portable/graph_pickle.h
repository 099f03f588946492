// dbt's graph.gpickle, written without Python: a networkx.DiGraph in the form of Python's pickle
// module (pickletools.py documents the opcodes of protocol 4).
//
// A pickle is a program, so nobody may take one from another place. The graph's data may be taken,
// and the pickle is then made of it here. It names only the classes of graphs and dates.

#ifndef FLATMANIFEST_PORTABLE_GRAPH_PICKLE_H_
#define FLATMANIFEST_PORTABLE_GRAPH_PICKLE_H_

#include "format/document.h"
#include "portable/packed_file.h"
#include "portable/roots.h"

namespace flatmanifest::portable {

// Gives the pickle of the graph that a document describes to `take`, in pieces. The graph:
//
// - `node`: an object with the data of each node, by its name
// - `adj`: an object; by each node's name, an object with the data of its edges by their ends
// - `pred`: an object; by each node's name, a list of the nodes whose edges end there
//
// Marks in texts are bound. Loaded, it equals the graph of which networkx has made these, with all
// orders. Throws FormatError for a document without these, and for a mark of an unknown root.
void GraphPickle(const Document& document, const Roots& roots, const TakePiece& take);

}  // namespace flatmanifest::portable

#endif  // FLATMANIFEST_PORTABLE_GRAPH_PICKLE_H_
