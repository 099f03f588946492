#ifndef FLATMANIFEST_CLI_VALUE_TEXT_H_
#define FLATMANIFEST_CLI_VALUE_TEXT_H_

#include <string>

#include "format/document.h"

namespace flatmanifest::cli {

// A value for people to read: one line per scalar, containers indented, strings as they are and
// multi-line ones as blocks. A string alone is just its text, so that a field can be piped on. For
// programs there is JSON. Throws FormatError on damage.
std::string ValueText(const Document& document, Cell cell);

}  // namespace flatmanifest::cli

#endif  // FLATMANIFEST_CLI_VALUE_TEXT_H_
