// The full check of a file: what opening leaves to the moment of use.

#ifndef FLATMANIFEST_FORMAT_VERIFY_H_
#define FLATMANIFEST_FORMAT_VERIFY_H_

#include "format/document.h"

namespace flatmanifest {

// Throws FormatError at the first thing wrong: checksum, strings that are not UTF-8, key orders,
// cells that refer to nothing or to what follows them, rows out of order, edges that only one
// direction knows. Time and memory are linear in the file. Safe on any bytes that Open accepts.
void Verify(const Document& document);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_VERIFY_H_
