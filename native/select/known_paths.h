// Finds paths of a project by a pattern of path:.
//
// dbt searches the project's directory: dbt/graph/selector_methods.py, PathSelectorMethod, with
// pathlib.Path.glob (CPython 3.11, Lib/pathlib.py). For a manifest without its project, the
// manifest is searched instead: it names the project's relevant files.

#ifndef FLATMANIFEST_SELECT_KNOWN_PATHS_H_
#define FLATMANIFEST_SELECT_KNOWN_PATHS_H_

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "format/document.h"
#include "select/glob.h"

namespace flatmanifest {

// A path as pathlib.Path normalizes it: "./models//a.sql" is "models/a.sql", "" is ".".
std::string NormalPath(std::string_view path);

// The interface to a file system: answers for normal paths, relative to the project.
class ProjectPaths {
 public:
  virtual ~ProjectPaths() = default;
  virtual bool Exists(const std::string& path) const = 0;
  virtual bool IsDirectory(const std::string& path) const = 0;
  virtual bool IsSymbolicLink(const std::string& path) const = 0;
};

// The files that the root project's resources name, and their directories. If a manifest does not
// name the root project (before dbt 1.7), the files of all packages.
class ManifestPaths final : public ProjectPaths {
 public:
  explicit ManifestPaths(const Document& document);
  bool Exists(const std::string& path) const override;
  bool IsDirectory(const std::string& path) const override;
  bool IsSymbolicLink(const std::string&) const override { return false; }

 private:
  void Add(std::string_view path);

  std::unordered_set<std::string> files_;
  std::unordered_set<std::string> directories_;
};

// The paths of a manifest, computed on first use. Safe from several threads.
class LazyManifestPaths {
 public:
  const ManifestPaths& Get(const Document& document) const {
    std::call_once(made_, [&] { paths_.emplace(document); });
    return *paths_;
  }

 private:
  mutable std::once_flag made_;
  mutable std::optional<ManifestPaths> paths_;
};

// The files below a directory.
class DirectoryPaths final : public ProjectPaths {
 public:
  explicit DirectoryPaths(std::string root) : root_(std::move(root)) {}
  bool Exists(const std::string& path) const override;
  bool IsDirectory(const std::string& path) const override;
  bool IsSymbolicLink(const std::string& path) const override;

 private:
  std::string root_;
};

// A pattern for Path.glob. Borrows the paths.
class PathPattern {
 public:
  // Throws SelectionError with pathlib's message.
  PathPattern(std::string_view pattern, const ProjectPaths& paths);

  // Whether glob would yield `path`, which must be normal.
  bool Finds(const std::string& path) const;
  // Whether glob would yield `path` or a directory above it.
  bool FindsOrHolds(const std::string& path) const;

 private:
  struct Part {
    bool is_recursive;  // "**"
    Glob glob;
  };

  bool Compare(const std::string& path) const;

  const ProjectPaths& paths_;
  std::vector<Part> parts_;
  size_t single_parts_ = 0;  // all but "**"
  bool directories_only_ = false;
  // Cached results of Finds and FindsOrHolds: the same directory comes often.
  mutable std::unordered_map<std::string, bool> found_;
  mutable std::unordered_map<std::string, bool> found_or_held_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_KNOWN_PATHS_H_
