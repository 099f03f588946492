// The full check of a file. Opening leaves most checks to the moment of use.

#ifndef FLATMANIFEST_FORMAT_VERIFY_H_
#define FLATMANIFEST_FORMAT_VERIFY_H_

#include "format/document.h"

namespace flatmanifest {

// Throws FormatError at the first fault: checksum, strings that are not UTF-8, key orders, cells
// that refer to nothing or to later cells, rows out of order, edges that only one direction has.
// Time and memory are linear in the file. Safe on any bytes that Open accepts.
void Verify(const Document& document);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_VERIFY_H_
