#include "select/known_paths.h"

#include <filesystem>
#include <system_error>

#include "select/python_text.h"
#include "select/request.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

// No system has longer paths. Damaged files may, with a million directories in them.
constexpr size_t kLongestPath = 4096;

// The parts of a path that pathlib keeps.
std::vector<std::string_view> Names(std::string_view path) {
  std::vector<std::string_view> names;
  for (const std::string_view name : Split(path, '/')) {
    if (!name.empty() && name != ".") names.push_back(name);
  }
  return names;
}

// The path of the project's file in "shop://models/schema.yml".
std::string_view PathOfPatch(std::string_view patch) {
  const size_t at = patch.find("://");
  return at == std::string_view::npos ? std::string_view() : patch.substr(at + 3);
}

// Where the parent of a normal path ends; npos for a path without one, other than ".".
size_t ParentEnd(std::string_view path) { return path.rfind('/'); }

std::string_view StringOr(const Document& document, StringId id) {
  return id == kNoString ? std::string_view() : document.String(id);
}

}  // namespace

std::string NormalPath(std::string_view path) {
  std::string normal = path.starts_with('/') ? "/" : "";
  for (const std::string_view name : Names(path)) {
    if (!normal.empty() && normal.back() != '/') normal += '/';
    normal += name;
  }
  return normal.empty() ? "." : normal;
}

// --- ManifestPaths ---

ManifestPaths::ManifestPaths(const Document& document) : directories_{"."} {
  std::optional<std::string_view> project;
  const auto metadata = document.Find(document.root(), "metadata");
  if (metadata && metadata->is(CellKind::kObject)) {
    const auto name = document.Find(*metadata, "project_name");
    if (name && name->is(CellKind::kString)) project = document.String(name->index());
  }
  const ResourceColumns& rows = document.resources();
  for (Row row = 0; row < document.row_count(); ++row) {
    if (project && StringOr(document, rows.package_name[row]) != *project) continue;
    if (rows.original_file_path[row] != kNoString) {
      Add(document.String(rows.original_file_path[row]));
    }
    if (rows.patch_path[row] != kNoString) Add(PathOfPatch(document.String(rows.patch_path[row])));
  }
}

void ManifestPaths::Add(std::string_view path) {
  std::string normal = NormalPath(path);
  if (normal.size() > kLongestPath || normal == "." || !files_.insert(normal).second) return;
  for (size_t end = ParentEnd(normal); end != std::string::npos && end != 0;
       end = ParentEnd(normal)) {
    normal.resize(end);
    if (!directories_.insert(normal).second) return;
  }
}

bool ManifestPaths::Exists(const std::string& path) const {
  return files_.contains(path) || directories_.contains(path);
}

bool ManifestPaths::IsDirectory(const std::string& path) const {
  return directories_.contains(path);
}

// --- DirectoryPaths ---

bool DirectoryPaths::Exists(const std::string& path) const {
  std::error_code error;
  return fs::exists(fs::symlink_status(fs::path(root_) / path, error));
}

bool DirectoryPaths::IsDirectory(const std::string& path) const {
  std::error_code error;
  return fs::is_directory(fs::path(root_) / path, error);
}

bool DirectoryPaths::IsSymbolicLink(const std::string& path) const {
  std::error_code error;
  return fs::is_symlink(fs::path(root_) / path, error);
}

// --- PathPattern ---

PathPattern::PathPattern(std::string_view pattern, const ProjectPaths& paths) : paths_(paths) {
  if (pattern.empty()) throw SelectionError("Unacceptable pattern: ''");
  if (pattern.starts_with('/')) throw SelectionError("Non-relative patterns are unsupported");
  directories_only_ = pattern.ends_with('/');
  for (const std::string_view name : Names(pattern)) {
    if (name != "**" && name.find("**") != std::string_view::npos) {
      throw SelectionError("Invalid pattern: '**' can only be an entire path component");
    }
    // Two "**" in a row are equivalent to one.
    if (name == "**" && !parts_.empty() && parts_.back().is_recursive) continue;
    // pathlib looks up a name without "*", "?" and "[" directly.
    parts_.push_back({name == "**", Glob(name)});
    single_parts_ += name == "**" ? 0 : 1;
  }
  if (parts_.empty()) {
    // The pattern is the project itself. pathlib fails for it, with messages that differ between
    // Python versions.
    throw SelectionError(directories_only_
                             ? "'_TerminatingSelector' object has no attribute 'select_from'"
                             : "tuple index out of range");
  }
  if (parts_.back().is_recursive) directories_only_ = true;
}

bool PathPattern::Compare(const std::string& path) const {
  const std::vector<std::string_view> names = Names(path);
  // Each part except "**" matches one name.
  if (single_parts_ > names.size()) return false;
  // Follows all readings of the pattern at once: the parts that may come next.
  std::vector<bool> next(parts_.size() + 1);
  next[0] = true;
  for (const std::string_view name : names) {
    // "**" matches directories, but no symbolic links to directories.
    const std::string taken =
        path.substr(0, static_cast<size_t>(name.data() + name.size() - path.data()));
    std::optional<bool> is_taken;
    std::vector<bool> after(parts_.size() + 1);
    for (size_t part = 0; part < parts_.size(); ++part) {
      if (!next[part]) continue;
      if (parts_[part].is_recursive) {
        next[part + 1] = true;
        if (!is_taken) is_taken = paths_.IsDirectory(taken) && !paths_.IsSymbolicLink(taken);
        if (*is_taken) after[part] = true;
      } else if (parts_[part].glob.Matches(name)) {
        after[part + 1] = true;
      }
    }
    next = std::move(after);
  }
  const bool is_match = next.back() || (parts_.back().is_recursive && next[parts_.size() - 1]);
  return is_match && paths_.Exists(path) && (!directories_only_ || paths_.IsDirectory(path));
}

bool PathPattern::Finds(const std::string& path) const {
  if (path.size() > kLongestPath) return false;
  const auto [entry, is_new] = found_.try_emplace(path, false);
  if (is_new) entry->second = Compare(path);
  return entry->second;
}

bool PathPattern::FindsOrHolds(const std::string& path) const {
  if (path.size() > kLongestPath) return false;
  std::vector<std::string> asked;
  bool answer = false;
  for (std::string at = path;;) {
    const auto known = found_or_held_.find(at);
    answer = known != found_or_held_.end() ? known->second : Finds(at);
    asked.push_back(at);
    if (answer || known != found_or_held_.end() || at == "." || at.starts_with('/')) break;
    const size_t end = ParentEnd(at);
    at = end == std::string::npos ? "." : at.substr(0, end);
  }
  for (std::string& directory : asked) found_or_held_[std::move(directory)] = answer;
  return answer;
}

}  // namespace flatmanifest
