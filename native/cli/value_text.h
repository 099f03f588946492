#ifndef FLATMANIFEST_CLI_VALUE_TEXT_H_
#define FLATMANIFEST_CLI_VALUE_TEXT_H_

#include <string>

#include "format/document.h"

namespace flatmanifest::cli {

// A value as text for people: one line per scalar, containers indented, strings verbatim,
// multi-line strings as blocks. A string alone is just its text, so that a field can be piped on.
// Programs should read JSON instead. Throws FormatError on damage.
std::string ValueText(const Document& document, Cell cell);

}  // namespace flatmanifest::cli

#endif  // FLATMANIFEST_CLI_VALUE_TEXT_H_
