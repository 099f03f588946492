// Laying graphs out by Graphviz' program `dot`, which is looked for on the PATH.

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

// The SVG that `dot -Tsvg` makes of a graph in the DOT language. Throws Error, saying what to
// install, if there is no such program, and with its own words if it fails.
std::string DotToSvg(std::string_view dot, Layout layout);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_GRAPHVIZ_H_
