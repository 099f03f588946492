// Formats values like Python's repr() and str(), for dbt's messages.

#ifndef FLATMANIFEST_SELECT_PYTHON_REPR_H_
#define FLATMANIFEST_SELECT_PYTHON_REPR_H_

#include <string>

#include "format/document.h"

namespace flatmanifest {

// repr(value). Throws FormatError where the document is damaged.
std::string Repr(const Document& document, Cell cell);

// str(value): a string verbatim, other values as repr().
std::string Str(const Document& document, Cell cell);

// The name of the value's type: "str", "int", "NoneType".
std::string TypeName(Cell cell);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_PYTHON_REPR_H_
