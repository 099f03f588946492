// Files that are depended on, and snapshots of them, as Python has them: a snapshot is the tuple
// (digest_low, digest_high, file_count, taken_ns, by_content), which a cache file holds as a list.

#ifndef FLATMANIFEST_BINDINGS_FRESHNESS_H_
#define FLATMANIFEST_BINDINGS_FRESHNESS_H_

#include <pybind11/pybind11.h>

#include <vector>

#include "freshness/snapshot.h"

namespace flatmanifest::python {

namespace py = pybind11;

// Converts a dict of paths by use ({"read": [...]}, kFileUses), or an iterable of paths that are
// read. Raises TypeError and ValueError as FsEncode does.
std::vector<FileDependency> FileDependencies(const py::object& files);
// Converts a tuple or list. Raises ValueError unless it has five elements.
Snapshot SnapshotOf(const py::sequence& snapshot);

// take_snapshot, take_snapshot_of_new, is_fresh, is_worth_retaking, read_files.
void BindFreshness(py::module_& module);

}  // namespace flatmanifest::python

#endif  // FLATMANIFEST_BINDINGS_FRESHNESS_H_
