#include "front/places.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include "front/cache_version.h"
#include "front/environment.h"

namespace flatmanifest::front {

namespace {

namespace fs = std::filesystem;

constexpr const char* kProjectFile = "dbt_project.yml";
constexpr const char* kDefaultTargetPath = "target";

std::optional<fs::path> NearestProject(const fs::path& from) {
  std::error_code error;
  for (fs::path directory = from;; directory = directory.parent_path()) {
    if (fs::exists(directory / kProjectFile, error)) return directory;
    if (directory == directory.root_path()) return std::nullopt;
  }
}

// The value of a top-level key of a YAML file; "" if it is missing; nothing if only a YAML parser
// could tell.
std::optional<std::string> PlainValue(const std::string& text, const std::string& key) {
  size_t begin = text.starts_with(key) ? 0 : text.find('\n' + key);
  if (begin == std::string::npos) return "";
  begin = text.find(':', begin) + 1;
  std::string value = text.substr(begin, text.find('\n', begin) - begin);
  if (const size_t comment = value.find(" #"); comment != std::string::npos) value.erase(comment);
  const size_t first = value.find_first_not_of(" \t\r");
  if (first == std::string::npos) return std::nullopt;
  value = value.substr(first, value.find_last_not_of(" \t\r") - first + 1);
  const bool is_quoted = value.size() >= 2 && value.front() == value.back() &&
                         (value.front() == '"' || value.front() == '\'');
  if (is_quoted) value = value.substr(1, value.size() - 2);
  if (value.find_first_of("\"'{}[]&*!|>%@`\\") != std::string::npos) return std::nullopt;
  return value;
}

std::optional<std::string> TargetPath(const CommandLine& line, const fs::path& project) {
  if (const auto given = line.Setting("--target-path")) return *given;
  std::ifstream file(project / kProjectFile, std::ios::binary);
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto written = PlainValue(text, "target-path:");
  return written && written->empty() ? kDefaultTargetPath : written;
}

}  // namespace

std::vector<std::string> CacheDirectories(std::string_view chosen) {
  std::vector<std::string> directories;
  for (size_t begin = 0; begin <= chosen.size();) {
    const size_t end = std::min(chosen.find(':', begin), chosen.size());
    if (end > begin) directories.emplace_back(chosen.substr(begin, end - begin));
    begin = end + 1;
  }
  if (directories.empty()) directories.emplace_back(chosen);
  return directories;
}

std::optional<Places> FindPlaces(const CommandLine& line) {
  std::error_code error;
  const fs::path current = fs::current_path(error);
  if (error) return std::nullopt;
  const auto given = line.Setting("--project-dir");
  const auto project = given ? std::optional(current / *given) : NearestProject(current);
  if (!project) return std::nullopt;
  Places places{.working_directory = current.string(),
                .project_directory = project->string(),
                .cache_directory = {},
                .target_directory = {},
                .layers = {}};
  const auto target = TargetPath(line, *project);
  // Without "..", as dbt's process writes the paths of artifacts (os.path.abspath).
  if (target) places.target_directory = (*project / *target).lexically_normal().string();
  const char* chosen = std::getenv("FLATMANIFEST_CACHE_DIR");
  if (chosen != nullptr && *chosen != '\0') {
    places.layers = CacheDirectories(chosen);
    for (std::string& directory : places.layers) directory = (current / directory).string();
    places.cache_directory = places.layers.front();
    places.layers.erase(places.layers.begin());
    return places;
  }
  if (!target) return std::nullopt;
  places.cache_directory = (*project / *target).string() + "/flatmanifest";
  return places;
}

std::string TranscriptPath(const Places& places, const CommandLine& line,
                           const std::string& program_directory) {
  std::vector<std::string> parts = {FLATMANIFEST_VERSION,     kCacheVersion,
                                    program_directory,        places.working_directory,
                                    places.project_directory, line.command};
  for (const auto& [name, value] : line.settings) parts.insert(parts.end(), {name, value});
  parts.emplace_back();
  for (const auto& [name, value] : CurrentEnvironment()) {
    // The value may be a secret, so the name leaves it out; the transcript tells whether it is the
    // same.
    if (name.starts_with("DBT_")) parts.push_back(name);
  }
  return places.cache_directory + "/" + DigestOf(parts) + ".transcript.fman";
}

}  // namespace flatmanifest::front
