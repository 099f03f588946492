#include "bindings/front.h"

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/freshness.h"
#include "bindings/to_python.h"
#include "front/answer.h"
#include "front/cache.h"
#include "front/cache_version.h"
#include "front/command_line.h"
#include "front/dependencies.h"
#include "front/environment.h"
#include "front/history.h"
#include "front/places.h"
#include "store/clock.h"
#include "store/trust.h"

namespace flatmanifest::python {

namespace {

// Converts the fields of a cache file's dependencies (docs/cache-files.md, "Dependencies").
front::Dependencies DependenciesOf(const py::dict& fields) {
  front::Dependencies dependencies{
      .files = FileDependencies(fields["files"]),
      .snapshot = SnapshotOf(fields["snapshot"]),
      .variables = py::object(fields["variables"]).cast<std::optional<std::vector<std::string>>>(),
      .salt = py::object(fields["salt"]).cast<std::string>(),
      .environment = py::object(fields["environment"]).cast<std::string>(),
      .values = {}};
  for (const auto& [name, place] : py::dict(fields["values"])) {
    dependencies.values.emplace_back(py::cast<std::string>(name), py::cast<std::string>(place));
  }
  return dependencies;
}

}  // namespace

void BindFront(py::module_& module) {
  module.attr("CACHE_VERSION") = front::kCacheVersion;
  module.def(
      "changed_dependency",
      [](const py::dict& fields, const front::Environment& environment) {
        const front::Dependencies dependencies = DependenciesOf(fields);
        const py::gil_scoped_release release;
        return front::ChangedDependency(dependencies, environment);
      },
      py::arg("fields"), py::arg("environment"));
  module.def(
      "transcript_path",
      [](const py::sequence& arguments, const py::str& program_directory) -> py::object {
        const auto line = front::ParseCommandLine(FsEncodeAll(arguments));
        const auto places = line ? front::FindPlaces(*line) : std::nullopt;
        if (!places) return py::none();
        return FsDecode(front::TranscriptPath(*places, *line, FsEncode(program_directory)));
      },
      py::arg("arguments"), py::arg("program_directory"));
  module.def(
      "cache_directory",
      [](const std::string& project_dir, const std::string& target_path) -> py::object {
        front::CommandLine line;
        if (!project_dir.empty()) line.settings["--project-dir"] = project_dir;
        if (!target_path.empty()) line.settings["--target-path"] = target_path;
        const auto places = front::FindPlaces(line);
        if (!places) return py::none();
        return FsDecode(places->cache_directory);
      },
      py::arg("project_dir") = "", py::arg("target_path") = "");
  module.def(
      "answer_path",
      [](const py::sequence& arguments, const py::str& program_directory) -> py::object {
        const auto path = front::AnswerPath(FsEncodeAll(arguments), FsEncode(program_directory));
        if (!path) return py::none();
        return FsDecode(*path);
      },
      py::arg("arguments"), py::arg("program_directory"));
  module.def(
      "count_run",
      [](const py::str& directory, const py::str& command, const py::str& because,
         const py::str& not_recorded) {
        front::RunOfDbt run{.time_s = Now() / kNsPerSecond,
                            .command = FsEncode(command),
                            .because = FsEncode(because),
                            .not_recorded = FsEncode(not_recorded)};
        const std::string path = FsEncode(directory);
        const py::gil_scoped_release release;
        front::CountRun(path, std::move(run));
      },
      py::arg("directory"), py::arg("command"), py::arg("because"), py::arg("not_recorded"));
  module.def("require_trusted_directory", &RequireTrustedDirectory, py::arg("directory"),
             py::call_guard<py::gil_scoped_release>());
  module.def("most_cache_bytes", &front::MostCacheBytes);
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
