// Interruption of native calls by signals such as Ctrl-C.

#ifndef FLATMANIFEST_BINDINGS_INTERRUPTION_H_
#define FLATMANIFEST_BINDINGS_INTERRUPTION_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

// Has Python's signal handlers run during native calls of the main thread, with the GIL or without
// it, twenty times a second. An exception that a handler raises (KeyboardInterrupt) ends the call.
void BindInterruption();

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_INTERRUPTION_H_
