// Which paths of a project a pattern of path: finds.
//
// dbt looks for them in the project's directory: dbt/graph/selector_methods.py, PathSelectorMethod,
// with pathlib.Path.glob (CPython 3.11, Lib/pathlib.py). A manifest at hand without its project is
// asked instead: it names the project's files that matter.

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

// What stands for the file system: answers for normal paths, relative to the project.
class ProjectPaths {
 public:
  virtual ~ProjectPaths() = default;
  virtual bool Exists(const std::string& path) const = 0;
  virtual bool IsDirectory(const std::string& path) const = 0;
  virtual bool IsSymbolicLink(const std::string& path) const = 0;
};

// The files that the root project's resources name, and the directories that these lie in. Where a
// manifest does not say which project is the root (before dbt 1.7), those of all packages.
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

// The paths of a manifest, made when they are first asked for. Safe from several threads.
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
  // Whether it would yield `path` or a directory that it lies in.
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
  // Answers of Finds and FindsOrHolds: a directory is asked for often.
  mutable std::unordered_map<std::string, bool> found_;
  mutable std::unordered_map<std::string, bool> found_or_held_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_KNOWN_PATHS_H_
