// Laying graphs out by Graphviz' program `dot`, which is looked for on the PATH.

#ifndef FLATMANIFEST_LISTING_GRAPHVIZ_H_
#define FLATMANIFEST_LISTING_GRAPHVIZ_H_

#include <string>
#include <string_view>

namespace flatmanifest {

// The SVG that `dot -Tsvg` makes of a graph in the DOT language. Throws Error, saying what to
// install, if there is no such program, and with its own words if it fails.
std::string DotToSvg(std::string_view dot);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_GRAPHVIZ_H_
