#include "freshness/installed_packages.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "format/error.h"
#include "freshness/directory_scan.h"
#include "freshness/file_contents.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPackage = ".dist-info";
// Files of a package's directory that the installer writes about this installation.
constexpr std::string_view kOfInstaller[] = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"};

bool IsOfInstallation(std::string_view line, std::string_view package) {
  if (line.starts_with("..") || line.starts_with('/') || line.starts_with('"')) return true;
  const std::string_view path = line.substr(0, line.find(','));
  if (path.ends_with(".pyc")) return true;
  if (!path.starts_with(package) || path.size() <= package.size()) return false;
  const std::string_view name = path.substr(package.size() + 1);
  return std::find(std::begin(kOfInstaller), std::end(kOfInstaller), name) !=
         std::end(kOfInstaller);
}

void AppendRecord(const std::string& record, const std::string& package, std::string& text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < record.size();) {
    const size_t end = std::min(record.find('\n', begin), record.size());
    std::string_view line(record.data() + begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && !IsOfInstallation(line, package)) lines.push_back(line);
    begin = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  for (const std::string_view line : lines) text.append(line) += '\n';
}

}  // namespace

bool HasPackages(const std::string& directory) {
  const std::string name = fs::path(directory).filename().string();
  return name == "site-packages" || name == "dist-packages";
}

std::string InstalledPackages(const std::string& directory) {
  const std::vector<std::string> names = SortedNames(directory);
  std::vector<std::string> paths;
  std::vector<std::string> owners;
  std::string text;
  for (const std::string& name : names) {
    if (name == "__pycache__") continue;
    text += name + '\n';
    if (!name.ends_with(kPackage) && !name.ends_with(".pth")) continue;
    owners.push_back(name);
    paths.push_back(directory + '/' + name + (name.ends_with(kPackage) ? "/RECORD" : ""));
  }
  const auto contents = ReadFiles(paths, std::numeric_limits<size_t>::max(), 2);
  for (size_t i = 0; i < paths.size(); ++i) {
    if (!contents[i]) throw IoError("cannot read", paths[i], ENOENT);
    text += '\n' + owners[i] + '\n';
    if (owners[i].ends_with(kPackage)) {
      AppendRecord(*contents[i], owners[i], text);
    } else {
      text += *contents[i];
    }
  }
  return text;
}

}  // namespace flatmanifest
