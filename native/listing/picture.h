// Pictures of a selection: a tree for the terminal, and DOT text for Graphviz.

#ifndef FLATMANIFEST_LISTING_PICTURE_H_
#define FLATMANIFEST_LISTING_PICTURE_H_

#include "convert/text_buffer.h"
#include "format/document.h"
#include "listing/lineage.h"

namespace flatmanifest {

struct TreeStyle {
  bool unicode = true;  // box-drawing characters, else ASCII
  bool colour = false;  // ANSI escapes
};

// Appends a forest, one resource a line: from the resources without selected dependencies down to
// those that depend on them. Resources below several others are drawn out below the first, and
// marked "(*)" below the others. Very deep parts are marked "..." and drawn out after their tree.
// Takes time linear in the lineage.
void WriteTree(const Document& document, const Lineage& lineage, TreeStyle style, TextBuffer& out);

// Appends a directed graph in the DOT language (graphviz.org/doc/info/lang.html). The same
// selection gives the same bytes.
void WriteDot(const Document& document, const Lineage& lineage, TextBuffer& out);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_PICTURE_H_
