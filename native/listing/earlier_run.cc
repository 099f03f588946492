#include "listing/earlier_run.h"

#include <filesystem>
#include <system_error>

#include "convert/convert.h"
#include "select/known_paths.h"
#include "select/state/resource.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

// The versions of an artifact that dbt 1.11 reads, and the version that only dbt 2 reads.
struct Versions {
  std::string_view artifact;
  int oldest;
  int newest;
  int newer = 0;
};
constexpr Versions kManifest = {"manifest", 4, 12, 20};
constexpr Versions kRunResults = {"run-results", 4, 6};
constexpr Versions kSources = {"sources", 3, 3};

std::string SchemaUrl(std::string_view artifact, int version) {
  return "https://schemas.getdbt.com/dbt/" + std::string(artifact) + "/v" +
         std::to_string(version) + ".json";
}

// dbt/artifacts/schemas/base.py, read_and_check_versions. A file without a schema passes.
void CheckVersion(const Document& document, const Versions& versions, const std::string& path) {
  const auto found = RootOf(document).Get("metadata").Find("dbt_schema_version");
  if (!found || found->Text() == SchemaUrl(versions.artifact, versions.newer)) return;
  for (int version = versions.oldest; version <= versions.newest; ++version) {
    if (found->Text() == SchemaUrl(versions.artifact, version)) return;
  }
  throw SelectionError("Expected a schema version of \"" +
                       SchemaUrl(versions.artifact, versions.newest) + "\" in " + path +
                       ", but found \"" + std::string(found->Text()) +
                       "\". Are you running with a different version of dbt?");
}

EarlierRun::File OpenIfThere(const std::string& directory, const char* name,
                             const Versions& versions, const EarlierRun::Open& open) {
  const fs::path path = fs::path(directory) / name;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return nullptr;
  EarlierRun::File file = open(path.string());
  if (file) CheckVersion(file->document(), versions, path.string());
  return file;
}

const Document* DocumentOf(const std::shared_ptr<const ManifestFile>& file) {
  return file ? &file->document() : nullptr;
}

}  // namespace

EarlierRun::EarlierRun(const std::string& state, const std::string& target)
    : EarlierRun(
          state, target, [](const std::string& path) { return OpenManifest(path); }, LoadArtifact) {
}

EarlierRun::EarlierRun(const std::string& state, const std::string& target,
                       const Open& open_manifest, const Open& open_artifact)
    : manifest_(OpenIfThere(state, "manifest.json", kManifest, open_manifest)),
      run_results_(OpenIfThere(state, "run_results.json", kRunResults, open_artifact)),
      sources_(OpenIfThere(state, "sources.json", kSources, open_artifact)) {
  if (!target.empty()) {
    current_sources_ = OpenIfThere(target, "sources.json", kSources, open_artifact);
  }
  if (NormalPath(state) == NormalPath(target)) directory_of_target_ = NormalPath(state);
}

PreviousState EarlierRun::state() const {
  return {.manifest = DocumentOf(manifest_),
          .run_results = DocumentOf(run_results_),
          .sources = DocumentOf(sources_),
          .current_sources = DocumentOf(current_sources_),
          .directory_of_target = directory_of_target_};
}

}  // namespace flatmanifest
