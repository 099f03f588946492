#include "freshness/installed_packages.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "format/error.h"
#include "freshness/blake2b.h"
#include "freshness/directory_scan.h"
#include "freshness/file_contents.h"
#include "freshness/threads.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPackage = ".dist-info";
constexpr size_t kPackagesOfThread = 16;  // enough to be worth the start of a thread
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

// Adds the lines that are the same in every installation, in a fixed order.
void AddRecord(const std::string& record, const std::string& package, Blake2b& digest) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < record.size();) {
    const size_t end = std::min(record.find('\n', begin), record.size());
    std::string_view line(record.data() + begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && !IsOfInstallation(line, package)) lines.push_back(line);
    begin = end + 1;
  }
  if (!std::is_sorted(lines.begin(), lines.end())) std::sort(lines.begin(), lines.end());
  for (const std::string_view line : lines) digest.Add(line);
}

}  // namespace

bool HasPackages(const std::string& directory) {
  const std::string name = fs::path(directory).filename().string();
  return name == "site-packages" || name == "dist-packages";
}

std::string DigestOfPackages(const std::string& directory, unsigned thread_count) {
  std::vector<std::string> names = SortedNames(directory);
  std::erase(names, "__pycache__");
  std::vector<std::string> owners;
  std::vector<std::string> paths;
  for (const std::string& name : names) {
    if (!name.ends_with(kPackage) && !name.ends_with(".pth")) continue;
    owners.push_back(name);
    paths.push_back(directory + '/' + name + (name.ends_with(kPackage) ? "/RECORD" : ""));
  }
  std::vector<std::string> digests(paths.size());
  DoInThreads(paths.size(), thread_count, kPackagesOfThread, [&](size_t i) {
    const auto contents = ReadFiles({&paths[i], 1}, std::numeric_limits<size_t>::max(), 1)[0];
    if (!contents) throw IoError("cannot read", paths[i], ENOENT);
    Blake2b digest;
    if (owners[i].ends_with(kPackage)) {
      AddRecord(*contents, owners[i], digest);
    } else {
      digest.Add(*contents);
    }
    digests[i] = digest.Hexadecimal();
  });
  return DigestOf({DigestOf(names), DigestOf(digests)});
}

}  // namespace flatmanifest
