// Pictures of a selection: a tree for the terminal, and Graphviz's language for all else.

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

// Appends a forest, one resource a line: from those that depend on nothing selected down to what
// depends on them. What hangs below several resources is drawn out below the first and marked
// "(*)" below the others; what lies very deep is marked "..." and drawn out after the tree that it
// lies in. Takes time linear in the lineage.
void WriteTree(const Document& document, const Lineage& lineage, TreeStyle style, TextBuffer& out);

// Appends a directed graph in the DOT language (graphviz.org/doc/info/lang.html), the same bytes
// for the same selection.
void WriteDot(const Document& document, const Lineage& lineage, TextBuffer& out);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_PICTURE_H_
