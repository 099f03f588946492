// Finds values by dotted paths, as people type them.

#ifndef FLATMANIFEST_FORMAT_FIELD_PATH_H_
#define FLATMANIFEST_FORMAT_FIELD_PATH_H_

#include <optional>
#include <string_view>

#include "format/document.h"

namespace flatmanifest {

// The value at `path` ("config.meta.owner", "depends_on.nodes.0") from `start`. A key may itself
// contain dots, as unique_ids do: of several possible readings, the one with the longest first key
// counts. A number picks an element of an array.
std::optional<Cell> FindPath(const Document& document, Cell start, std::string_view path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_FIELD_PATH_H_
