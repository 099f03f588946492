// Draws graphs with the program `dot` of Graphviz, found on the PATH.

#ifndef FLATMANIFEST_LISTING_GRAPHVIZ_H_
#define FLATMANIFEST_LISTING_GRAPHVIZ_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace flatmanifest {

enum class Layout : uint8_t {
  kLayers,  // what depends on something stands right of it; takes minutes for thousands of edges
  kForces,  // neighbours stand together (sfdp); seconds for a hundred thousand edges
};

// The SVG that `dot -Tsvg` makes of a graph in the DOT language. Throws Error: if there is no such
// program, with advice what to install; if it fails, with its own message.
std::string DotToSvg(std::string_view dot, Layout layout);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_GRAPHVIZ_H_
