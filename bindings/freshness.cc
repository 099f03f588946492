// Snapshots of files, as tuples that a file can hold: (digest_low, digest_high, file_count,
// taken_ns, by_content).

#include <string>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/to_python.h"
#include "bindings/views.h"
#include "freshness/snapshot.h"

namespace flatmanifest::python {

namespace {

std::vector<std::string> Paths(const py::iterable& paths) {
  std::vector<std::string> all;
  for (const py::handle path : paths)
    all.push_back(FsEncode(py::reinterpret_borrow<py::object>(path)));
  return all;
}

py::tuple ToTuple(const Snapshot& snapshot) {
  py::list by_content;
  for (const std::string& path : snapshot.by_content) by_content.append(FsDecode(path));
  return py::make_tuple(snapshot.digest_low, snapshot.digest_high, snapshot.file_count,
                        snapshot.taken_ns, by_content);
}

Snapshot FromTuple(const py::tuple& tuple) {
  if (tuple.size() != 5) Raise(PyExc_ValueError, "not a snapshot");
  return {.digest_low = tuple[0].cast<uint64_t>(),
          .digest_high = tuple[1].cast<uint64_t>(),
          .file_count = tuple[2].cast<uint64_t>(),
          .taken_ns = tuple[3].cast<int64_t>(),
          .by_content = Paths(tuple[4])};
}

}  // namespace

void BindFreshness(py::module_& module) {
  module.def(
      "take_snapshot",
      [](const py::iterable& roots) {
        const std::vector<std::string> paths = Paths(roots);
        Snapshot snapshot;
        {
          const py::gil_scoped_release release;
          snapshot = TakeSnapshot(paths);
        }
        return ToTuple(snapshot);
      },
      py::arg("roots"));
  module.def(
      "is_fresh",
      [](const py::iterable& roots, const py::tuple& snapshot) {
        const std::vector<std::string> paths = Paths(roots);
        const Snapshot earlier = FromTuple(snapshot);
        const py::gil_scoped_release release;
        return TakeSnapshotLike(paths, earlier).SameAs(earlier);
      },
      py::arg("roots"), py::arg("snapshot"));
  module.def(
      "is_worth_retaking",
      [](const py::tuple& snapshot) { return IsWorthRetaking(FromTuple(snapshot)); },
      py::arg("snapshot"));
}

}  // namespace flatmanifest::python
