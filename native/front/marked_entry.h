// The portable form of an entry: its paths have marks (portable/roots.h).

#ifndef FLATMANIFEST_FRONT_MARKED_ENTRY_H_
#define FLATMANIFEST_FRONT_MARKED_ENTRY_H_

#include "format/document.h"
#include "format/writer.h"
#include "portable/roots.h"

namespace flatmanifest::front {

// A copy of an entry with marks in the fields in which dbt keeps absolute paths: `project_root` of
// files and `root_path` of seeds. Throws FormatError if a path of the project, of its target
// directory or of Python occurs anywhere else, for example in the text of a model that has used it:
// what dbt would have there in another place cannot be known.
FileImage MarkedEntry(const Document& document, const portable::Roots& roots);

// A copy of a portable entry with the paths of this place. Throws FormatError for a mark of an
// unknown root, and for a path that the entry has as another text.
FileImage BoundEntry(const Document& document, const portable::Roots& roots);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_MARKED_ENTRY_H_
