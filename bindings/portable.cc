#include "bindings/portable.h"

#include <pybind11/stl.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bindings/errors.h"
#include "bindings/freshness.h"
#include "bindings/to_python.h"
#include "freshness/content_digest.h"
#include "front/command_line.h"
#include "front/environment.h"
#include "front/marked_entry.h"
#include "front/places.h"
#include "front/portable_cache.h"
#include "front/portable_dependencies.h"
#include "front/portable_places.h"
#include "portable/packed_file.h"
#include "portable/roots.h"
#include "store/manifest_file.h"

namespace flatmanifest::python {

namespace py = pybind11;

namespace {

using portable::Roots;

// The paths with marks, and without those that are there in any place.
py::tuple PortableFiles(const py::dict& files, const Roots& roots) {
  std::vector<FileDependency> bound;
  std::vector<FileDependency> marked;
  for (FileDependency& file : FileDependencies(files)) {
    if (file.use == FileUse::kProbed && roots.IsAbove(file.path)) continue;
    marked.push_back({roots.Relative(file.path), file.use});
    bound.push_back(std::move(file));
  }
  std::string digest;
  {
    const py::gil_scoped_release release;
    digest = front::PortableContentDigest(marked, bound);
  }
  py::dict lists;
  for (const auto& [name, use] : kFileUses) {
    py::list paths;
    for (const FileDependency& file : marked) {
      if (file.use == use) paths.append(FsDecode(file.path));
    }
    lists[py::str(name.data(), name.size())] = paths;
  }
  return py::make_tuple(lists, digest);
}

py::dict ToDict(const portable::ContentFacts& facts) {
  py::dict fields;
  fields["size"] = facts.size;
  fields["digest"] = facts.digest;
  return fields;
}

front::DependentWork WorkOf(bool is_parse) {
  return is_parse ? front::DependentWork::kParse : front::DependentWork::kCommand;
}

portable::ContentFacts WriteMarkedEntry(const std::string& entry, const std::string& packed,
                                        const Roots& roots) {
  const auto file = ManifestFile::Open(entry);
  const FileImage image = front::MarkedEntry(file->document(), roots);
  portable::WritePacked(packed, image.bytes());
  return portable::FactsOf(image.bytes());
}

}  // namespace

void BindPortable(py::module_& module) {
  py::class_<Roots>(module, "Roots")
      .def("relative",
           [](const Roots& roots, const py::object& path) {
             return FsDecode(roots.Relative(FsEncode(path)));
           })
      .def("relative_text",
           [](const Roots& roots, const py::object& text) {
             return FsDecode(roots.RelativeText(FsEncode(text)));
           })
      .def("occurs_in",
           [](const Roots& roots, const py::object& text, const std::string& letters) {
             return roots.OccursIn(FsEncode(text), letters);
           })
      .def("are_written_plainly", &Roots::AreWrittenPlainly, py::arg("in_json"))
      .def("paths", [](const Roots& roots, const std::string& letters) {
        py::list paths;
        for (const std::string& path : roots.Paths(letters)) paths.append(FsDecode(path));
        return paths;
      });
  module.def(
      "parse_roots",
      [](const py::object& project, const py::object& target, const py::object& programs) {
        return front::ParseRoots(FsEncode(project), FsEncode(target), FsEncode(programs));
      },
      py::arg("project"), py::arg("target"), py::arg("program_directory"));
  module.def(
      "portable_command",
      [](const py::sequence& arguments, const py::str& programs) -> py::object {
        const auto line = front::ParseCommandLine(FsEncodeAll(arguments));
        const auto places = line ? front::FindPlaces(*line) : std::nullopt;
        if (!places) return py::none();
        const std::string program_directory = FsEncode(programs);
        const Roots roots = front::CommandRoots(*places, *line, program_directory);
        const std::string key =
            front::PortableTranscriptKey(*places, *line, program_directory, roots);
        return py::make_tuple(key, roots);
      },
      py::arg("arguments"), py::arg("program_directory"));
  module.def("portable_files", &PortableFiles, py::arg("files"), py::arg("roots"));
  module.def(
      "portable_environment",
      [](const front::Environment& environment, const std::vector<std::string>& names,
         const std::string& salt, const Roots& roots, bool is_parse) {
        return front::PortableDigestOf(environment, names, salt, roots, WorkOf(is_parse));
      },
      py::arg("environment"), py::arg("names"), py::arg("salt"), py::arg("roots"),
      py::arg("is_parse"));
  module.def(
      "write_packed",
      [](const py::object& path, const py::bytes& contents) {
        const std::string name = FsEncode(path);
        const std::string_view text = contents;
        portable::ContentFacts facts;
        {
          const py::gil_scoped_release release;
          const auto bytes = std::as_bytes(std::span(text));
          portable::WritePacked(name, bytes);
          facts = portable::FactsOf(bytes);
        }
        return ToDict(facts);
      },
      py::arg("path"), py::arg("contents"));
  module.def(
      "write_marked_entry",
      [](const py::object& entry, const py::object& packed, const Roots& roots) {
        const std::string from = FsEncode(entry);
        const std::string to = FsEncode(packed);
        portable::ContentFacts facts;
        {
          const py::gil_scoped_release release;
          facts = WriteMarkedEntry(from, to, roots);
        }
        return ToDict(facts);
      },
      py::arg("entry"), py::arg("packed"), py::arg("roots"));
  module.def(
      "import_entry",
      [](const std::vector<std::string>& directories, const std::string& key, const Roots& roots,
         const front::Environment& environment) -> py::object {
        if (directories.empty()) Raise(PyExc_ValueError, "no directory");
        front::PortableCache cache(
            directories.front(), {directories.begin() + 1, directories.end()}, roots, environment);
        std::optional<front::LocalEntry> entry;
        {
          const py::gil_scoped_release release;
          entry = cache.ImportEntry(key);
        }
        if (!entry) return py::none();
        return FsDecode(entry->path);
      },
      py::arg("directories"), py::arg("key"), py::arg("roots"), py::arg("environment"));
  module.def(
      "verify_packed",
      [](const py::object& path, uint64_t size, const std::string& digest) {
        const std::string name = FsEncode(path);
        const py::gil_scoped_release release;
        portable::ReadPacked(name, {.size = size, .digest = digest});
      },
      py::arg("path"), py::arg("size"), py::arg("digest"));
  module.def(
      "first_that_holds",
      [](const py::list& records, const Roots& roots, const front::Environment& environment,
         bool is_parse) -> py::object {
        std::vector<std::string> paths;
        paths.reserve(records.size());
        for (const py::handle record : records) {
          paths.push_back(FsEncode(py::reinterpret_borrow<py::object>(record)));
        }
        std::optional<std::string> found;
        {
          const py::gil_scoped_release release;
          front::SharedContents contents;
          front::PlaceCheck check(roots, environment, WorkOf(is_parse), contents);
          found = front::FirstThatHolds(paths, check);
        }
        if (!found) return py::none();
        return FsDecode(*found);
      },
      py::arg("records"), py::arg("roots"), py::arg("environment"), py::arg("is_parse"));
  module.def("entry_key", &front::EntryKey, py::arg("parts"));
  module.def("cache_directories", &front::CacheDirectories, py::arg("chosen"));
}

}  // namespace flatmanifest::python
