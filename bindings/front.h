// Paths, digests and checks of the files that the front door keeps (native/front).

#ifndef FLATMANIFEST_BINDINGS_FRONT_H_
#define FLATMANIFEST_BINDINGS_FRONT_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

// CACHE_VERSION, changed_dependency, environment_digest, transcript_path, answer_path,
// require_trusted_directory, trim_cache.
void BindFront(pybind11::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_FRONT_H_
