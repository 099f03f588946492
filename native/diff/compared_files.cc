#include "diff/compared_files.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <tuple>

#include "convert/convert.h"
#include "diff/manifest_diff.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

constexpr const char* kNames[] = {"manifest.json", "manifest.json.gz", "manifest.fman"};

bool AreOneGeneration(const ManifestFile& a, const ManifestFile& b) {
  std::error_code error;
  return !a.location().empty() && !b.location().empty() &&
         a.document().header().generation == b.document().header().generation &&
         fs::equivalent(a.location(), b.location(), error);
}

// Whether both were converted from one JSON file, and that was unchanged in between.
bool HaveOneSource(const Document& a, const Document& b) {
  const auto facts = [](const SourceStamp& stamp) {
    return std::tie(stamp.device, stamp.inode, stamp.size, stamp.mtime_ns, stamp.digest_low,
                    stamp.digest_high);
  };
  return a.source() && b.source() && facts(*a.source()) == facts(*b.source());
}

}  // namespace

std::string FindManifest(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return path;
  for (const fs::path& directory : {fs::path(path), fs::path(path) / "target"}) {
    for (const char* name : kNames) {
      const fs::path file = directory / name;
      if (fs::is_regular_file(file, error)) return file.string();
    }
  }
  throw IoError(
      "cannot compare", path, ENOENT,
      "the directory has no manifest.json, manifest.json.gz or manifest.fman, nor does its "
      "directory target; run dbt parse there, or name a file");
}

std::shared_ptr<const ManifestFile> OpenCompared(const std::string& path) {
  return OpenManifest(FindManifest(path));
}

void RequireTwoManifests(const ManifestFile& old_file, const std::string& old_path,
                         const ManifestFile& file, const std::string& path) {
  if (!AreOneGeneration(old_file, file) && !HaveOneSource(old_file.document(), file.document())) {
    return;
  }
  throw DiffError("OLD (" + old_path + ") and NEW (" + path +
                  ") are the same manifest; keep a copy of the earlier manifest.json or .fman file "
                  "elsewhere, and name that as OLD");
}

}  // namespace flatmanifest
