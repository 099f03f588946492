// Functions of native/resident for the resident dbt.

#ifndef FLATMANIFEST_BINDINGS_RESIDENT_H_
#define FLATMANIFEST_BINDINGS_RESIDENT_H_

#include <pybind11/pybind11.h>

namespace flatmanifest::python {

// is_read_at_start.
void BindResident(pybind11::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_RESIDENT_H_
