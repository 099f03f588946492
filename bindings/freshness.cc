// Snapshots of files, as tuples that a file can hold: (digest_low, digest_high, file_count,
// taken_ns, by_content); and where the front door looks for what it has kept.

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/to_python.h"
#include "bindings/views.h"
#include "freshness/directory_scan.h"
#include "freshness/file_contents.h"
#include "freshness/snapshot.h"
#include "front/answer.h"
#include "front/cache.h"
#include "front/cache_version.h"
#include "front/command_line.h"
#include "front/dependencies.h"
#include "front/environment.h"
#include "front/places.h"
#include "store/trust.h"

namespace flatmanifest::python {

namespace {

std::vector<std::string> Paths(const py::iterable& paths) {
  std::vector<std::string> all;
  for (const py::handle path : paths)
    all.push_back(FsEncode(py::reinterpret_borrow<py::object>(path)));
  return all;
}

// Paths by use ("read": […]), or an iterable of paths that are read.
std::vector<FileDependency> FileDependencies(const py::object& files) {
  std::vector<FileDependency> all;
  if (!py::isinstance<py::dict>(files)) {
    for (std::string& path : Paths(files)) all.push_back({std::move(path)});
    return all;
  }
  for (const auto& [name, use] : front::kFileUses) {
    const py::str key(name.data(), name.size());
    if (!files.contains(key)) continue;
    for (std::string& path : Paths(files[key])) all.push_back({std::move(path), use});
  }
  return all;
}

py::tuple ToTuple(const Snapshot& snapshot) {
  py::list by_content;
  for (const std::string& path : snapshot.by_content) by_content.append(FsDecode(path));
  return py::make_tuple(snapshot.digest_low, snapshot.digest_high, snapshot.file_count,
                        snapshot.taken_ns, by_content);
}

// Of a list too, as which files hold it.
Snapshot FromTuple(const py::sequence& tuple) {
  if (tuple.size() != 5) Raise(PyExc_ValueError, "not a snapshot");
  return {.digest_low = py::object(tuple[0]).cast<uint64_t>(),
          .digest_high = py::object(tuple[1]).cast<uint64_t>(),
          .file_count = py::object(tuple[2]).cast<uint64_t>(),
          .taken_ns = py::object(tuple[3]).cast<int64_t>(),
          .by_content = Paths(py::object(tuple[4]))};
}

}  // namespace

void BindFreshness(py::module_& module) {
  module.attr("CACHE_VERSION") = front::kCacheVersion;
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
        const Snapshot earlier = FromTuple(snapshot);
        const py::gil_scoped_release release;
        return TakeSnapshotLike(paths, earlier).SameAs(earlier);
      },
      py::arg("files"), py::arg("snapshot"));
  module.def(
      "changed_dependency",
      [](const py::dict& fields, const front::Environment& environment) {
        front::Dependencies dependencies{
            .files = FileDependencies(fields["files"]),
            .snapshot = FromTuple(fields["snapshot"]),
            .variables =
                py::object(fields["variables"]).cast<std::optional<std::vector<std::string>>>(),
            .salt = py::object(fields["salt"]).cast<std::string>(),
            .environment = py::object(fields["environment"]).cast<std::string>(),
            .values = {}};
        for (const auto& [name, place] : py::dict(fields["values"])) {
          dependencies.values.emplace_back(py::cast<std::string>(name),
                                           py::cast<std::string>(place));
        }
        const py::gil_scoped_release release;
        return front::ChangedDependency(dependencies, environment);
      },
      py::arg("fields"), py::arg("environment"));
  module.def(
      "is_worth_retaking",
      [](const py::sequence& snapshot) { return IsWorthRetaking(FromTuple(snapshot)); },
      py::arg("snapshot"));
  module.def(
      "read_files",
      [](const py::iterable& paths, size_t most_bytes) {
        const std::vector<std::string> names = Paths(paths);
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
  module.def(
      "transcript_path",
      [](const std::vector<std::string>& arguments,
         const std::string& program_directory) -> py::object {
        const auto line = front::ParseCommandLine(arguments);
        const auto places = line ? front::FindPlaces(*line) : std::nullopt;
        if (!places) return py::none();
        return FsDecode(front::TranscriptPath(*places, *line, program_directory));
      },
      py::arg("arguments"), py::arg("program_directory"));
  module.def(
      "answer_path",
      [](const std::vector<std::string>& arguments,
         const std::string& program_directory) -> py::object {
        const auto path = front::AnswerPath(arguments, program_directory);
        if (!path) return py::none();
        return FsDecode(*path);
      },
      py::arg("arguments"), py::arg("program_directory"));
  module.def("require_trusted_directory", &RequireTrustedDirectory, py::arg("directory"),
             py::call_guard<py::gil_scoped_release>());
  module.def("trim_cache", &front::TrimCache, py::arg("directory"), py::arg("max_bytes"),
             py::arg("kept"), py::call_guard<py::gil_scoped_release>());
  module.def(
      "environment_digest",
      [](const front::Environment& environment,
         const std::optional<std::vector<std::string>>& names,
         const std::string& salt) { return front::DigestOf(environment, names, salt); },
      py::arg("environment"), py::arg("names"), py::arg("salt"));
}

}  // namespace flatmanifest::python
