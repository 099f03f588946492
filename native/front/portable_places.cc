#include "front/portable_places.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "front/cache_version.h"
#include "front/environment.h"

namespace flatmanifest::front {

namespace {

namespace fs = std::filesystem;

// The installation that a virtual environment is based on, "" for another directory (PEP 405).
std::string BaseOf(const fs::path& prefix) {
  std::ifstream file(prefix / "pyvenv.cfg", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const size_t equals = line.find('=');
    if (line.starts_with("home") && equals != std::string::npos) {
      const size_t first = line.find_first_not_of(" \t", equals + 1);
      const size_t last = line.find_last_not_of(" \t\r");
      if (first == std::string::npos) return "";
      return fs::path(line.substr(first, last - first + 1)).parent_path().string();
    }
    begin = end + 1;
  }
  return "";
}

void AddPython(portable::Roots& roots, const std::string& program_directory) {
  const fs::path prefix = fs::path(program_directory).parent_path();
  const std::string base = BaseOf(prefix);
  roots.Add(portable::kPrefix, prefix.string());
  roots.Add(portable::kBase, base.empty() ? prefix.string() : base);
}

void AddWithLinks(portable::Roots& roots, char letter, const std::string& directory) {
  roots.Add(letter, directory);
  std::error_code error;
  const fs::path real = fs::canonical(directory, error);
  if (!error) roots.Add(letter, real.string());
}

void AddHome(portable::Roots& roots) {
  const char* home = std::getenv("HOME");
  if (home != nullptr) roots.Add(portable::kHome, home);
}

}  // namespace

portable::Roots ParseRoots(const std::string& project, const std::string& target,
                           const std::string& program_directory) {
  portable::Roots roots;
  AddWithLinks(roots, portable::kProject, project);
  roots.Add(portable::kTarget, target);
  AddPython(roots, program_directory);
  AddHome(roots);
  return roots;
}

portable::Roots CommandRoots(const Places& places, const CommandLine& line,
                             const std::string& program_directory) {
  portable::Roots roots;
  AddWithLinks(roots, portable::kProject, places.project_directory);
  roots.Add(portable::kTarget, places.target_directory);
  roots.AddRelative(portable::kRelativeTarget, line.Setting("--target-path").value_or(""));
  roots.Add(portable::kWorking, places.working_directory);
  roots.Add(portable::kLog, line.Setting("--log-path").value_or(""));
  roots.Add(portable::kProfiles, line.Setting("--profiles-dir").value_or(""));
  AddPython(roots, program_directory);
  AddHome(roots);
  return roots;
}

std::string PortableTranscriptKey(const Places& places, const CommandLine& line,
                                  const std::string& program_directory,
                                  const portable::Roots& roots) {
  std::vector<std::string> parts = {FLATMANIFEST_VERSION, kCacheVersion,
                                    roots.Relative(program_directory),
                                    roots.Relative(places.working_directory), line.command};
  for (const auto& [name, value] : line.settings) {
    parts.insert(parts.end(), {name, roots.Relative(value)});
  }
  parts.emplace_back();
  for (const auto& [name, value] : CurrentEnvironment()) {
    if (name.starts_with("DBT_")) parts.push_back(name);
  }
  return DigestOf(parts);
}

}  // namespace flatmanifest::front
