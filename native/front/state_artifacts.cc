#include "front/state_artifacts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>
#include <vector>

#include "convert/convert.h"
#include "format/error.h"
#include "front/artifact_record.h"
#include "front/cache_fields.h"
#include "front/cache_lock.h"
#include "front/environment.h"
#include "store/publish.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

namespace fs = std::filesystem;
using Opened = std::shared_ptr<const ManifestFile>;

// Whether a selection may use one of the methods. A YAML selector may use any.
bool MayUse(const ListOptions& options, std::initializer_list<std::string_view> methods) {
  if (options.selector) return true;
  const auto names_method = [&](const std::string& text) {
    return std::any_of(methods.begin(), methods.end(), [&](std::string_view method) {
      return text.find(method) != std::string::npos;
    });
  };
  const auto any_names = [&](const std::optional<std::vector<std::string>>& texts) {
    return texts && std::any_of(texts->begin(), texts->end(), names_method);
  };
  return !SaysWhat(options) || any_names(options.select) || any_names(options.models) ||
         any_names(options.exclude);
}

std::string SchemaVersion(const Document& document) {
  return Fields(document).Object("metadata").Text("dbt_schema_version");
}

// A file in the cache; null if it is missing, damaged or not to be trusted: it is made again.
Opened OpenIfIntact(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return nullptr;
  try {
    return OpenChecked(path);
  } catch (const FormatError&) {
    return nullptr;
  }
}

// The manifest that --state names, from the file in the cache that was made of it.
Opened OpenEarlier(const std::string& path, const std::string& cache_directory) {
  const std::string output = cache_directory + '/' + DigestOf({path}) + ".state_manifest.fman";
  PrepareTrustedFile(output);
  std::error_code error;
  if (!OpenIfIntact(output)) fs::remove(output, error);
  Opened file = OpenConverted(path, output);
  ::utimensat(AT_FDCWD, output.c_str(), nullptr, 0);  // it was used: front/cache.h
  return file;
}

// The file of the current manifest.json has the generation of the entry, because each command
// writes a new beginning of manifest.json, and leaves the resources as they are.
Opened OpenCurrent(const std::string& path, uint64_t generation) {
  Opened file = OpenIfIntact(path);
  if (!file) return nullptr;
  return file->document().header().generation == generation ? file : nullptr;
}

// Converts the current manifest.json, which must show the entry before and after. Null if it does
// not.
Opened ConvertCurrent(const Transcript& transcript, const Output& artifact,
                      const std::string& path) {
  const CacheLock lock(fs::path(path).parent_path().string());
  const ArtifactRecord record(Beside(transcript.entry, "artifacts"));
  const auto shows = [&] {
    return record.generation() == transcript.generation && record.Shows(artifact);
  };
  if (!shows()) return nullptr;
  FileImage image = ConvertInput(artifact.path, transcript.generation);
  if (!shows()) return nullptr;
  PrepareTrustedFile(path);
  Publish(path, image.writable_bytes(), Flush::kNone);
  return OpenChecked(path);
}

}  // namespace

std::optional<StateArtifacts> OpenStateArtifacts(const Transcript& transcript,
                                                 const ListOptions& options) {
  Opened current;
  if (MayUse(options, {"state:"})) {
    const Output* artifact = FindOutput(transcript, "manifest.json");
    if (artifact == nullptr) return std::nullopt;
    const std::string path = Beside(transcript.entry, "manifest_json");
    current = OpenCurrent(path, transcript.generation);
    if (!current) current = ConvertCurrent(transcript, *artifact, path);
    if (!current) return std::nullopt;
  }
  bool is_upgraded = false;
  const auto open_manifest = [&](const std::string& path) {
    if (!current) return Opened();
    Opened file = OpenEarlier(path, fs::path(transcript.entry).parent_path().string());
    is_upgraded = SchemaVersion(file->document()) != SchemaVersion(current->document());
    return file;
  };
  const bool uses_results = MayUse(options, {"result:", "source_status:"});
  const auto open_artifact = [&](const std::string& path) {
    return uses_results ? LoadArtifact(path) : nullptr;
  };
  EarlierRun earlier(transcript.state->state, transcript.state->target, open_manifest,
                     open_artifact);
  if (is_upgraded) return std::nullopt;
  return StateArtifacts{.current = std::move(current), .earlier = std::move(earlier)};
}

}  // namespace flatmanifest::front
