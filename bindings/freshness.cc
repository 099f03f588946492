#include "bindings/freshness.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/to_python.h"
#include "freshness/directory_scan.h"
#include "freshness/file_contents.h"

namespace flatmanifest::python {

namespace {

py::tuple ToTuple(const Snapshot& snapshot) {
  py::list by_content;
  for (const std::string& path : snapshot.by_content) by_content.append(FsDecode(path));
  return py::make_tuple(snapshot.digest_low, snapshot.digest_high, snapshot.file_count,
                        snapshot.taken_ns, by_content);
}

}  // namespace

std::vector<FileDependency> FileDependencies(const py::object& files) {
  std::vector<FileDependency> all;
  if (!py::isinstance<py::dict>(files)) {
    for (std::string& path : FsEncodeAll(files)) all.push_back({std::move(path)});
    return all;
  }
  for (const auto& [name, use] : kFileUses) {
    const py::str key(name.data(), name.size());
    if (!files.contains(key)) continue;
    for (std::string& path : FsEncodeAll(files[key])) all.push_back({std::move(path), use});
  }
  return all;
}

Snapshot SnapshotOf(const py::sequence& snapshot) {
  if (snapshot.size() != 5) Raise(PyExc_ValueError, "not a snapshot");
  return {.digest_low = py::object(snapshot[0]).cast<uint64_t>(),
          .digest_high = py::object(snapshot[1]).cast<uint64_t>(),
          .file_count = py::object(snapshot[2]).cast<uint64_t>(),
          .taken_ns = py::object(snapshot[3]).cast<int64_t>(),
          .by_content = FsEncodeAll(py::object(snapshot[4]))};
}

void BindFreshness(py::module_& module) {
  module.def(
      "take_snapshot",
      [](const py::object& files) {
        const std::vector<FileDependency> paths = FileDependencies(files);
        Snapshot snapshot;
        {
          const py::gil_scoped_release release;
          snapshot = TakeSnapshot(paths);
        }
        return ToTuple(snapshot);
      },
      py::arg("files"));
  module.def(
      "take_snapshot_of_new",
      [](const py::object& path) {
        const std::string name = FsEncode(path);
        Snapshot snapshot;
        {
          const py::gil_scoped_release release;
          snapshot = TakeSnapshotOfNew(name);
        }
        return ToTuple(snapshot);
      },
      py::arg("path"));
  module.def(
      "is_fresh",
      [](const py::object& files, const py::sequence& snapshot) {
        const std::vector<FileDependency> paths = FileDependencies(files);
        const Snapshot earlier = SnapshotOf(snapshot);
        const py::gil_scoped_release release;
        return TakeSnapshotLike(paths, earlier).SameAs(earlier);
      },
      py::arg("files"), py::arg("snapshot"));
  module.def(
      "is_worth_retaking",
      [](const py::sequence& snapshot) { return IsWorthRetaking(SnapshotOf(snapshot)); },
      py::arg("snapshot"));
  module.def(
      "read_files",
      [](const py::iterable& paths, size_t most_bytes) {
        const std::vector<std::string> names = FsEncodeAll(paths);
        std::vector<std::optional<std::string>> contents;
        {
          const py::gil_scoped_release release;
          contents = ReadFiles(names, most_bytes, ThreadCount());
        }
        py::list found;
        for (const auto& each : contents)
          found.append(each ? py::object(py::bytes(*each)) : py::object(py::none()));
        return found;
      },
      py::arg("paths"), py::arg("most_bytes"));
}

}  // namespace flatmanifest::python
