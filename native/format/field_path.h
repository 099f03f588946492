// Values named by dotted paths, as people type them.

#ifndef FLATMANIFEST_FORMAT_FIELD_PATH_H_
#define FLATMANIFEST_FORMAT_FIELD_PATH_H_

#include <optional>
#include <string_view>

#include "format/document.h"

namespace flatmanifest {

// The value that `path` ("config.meta.owner", "depends_on.nodes.0") leads to from `start`. A key
// may itself contain dots, as unique_ids do: where several readings lead somewhere, the one with
// the longest first key counts. A number picks from an array.
std::optional<Cell> FindPath(const Document& document, Cell start, std::string_view path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_FIELD_PATH_H_
