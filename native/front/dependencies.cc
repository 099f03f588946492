#include "front/dependencies.h"

namespace flatmanifest::front {

std::vector<FileDependency> ReadFileDependencies(const Fields& fields) {
  std::vector<FileDependency> files;
  for (const auto& [name, use] : kFileUses) {
    if (!fields.Has(name)) continue;
    for (std::string& path : fields.Texts(name)) files.push_back({std::move(path), use});
  }
  return files;
}

Dependencies ReadDependencies(const Fields& fields) {
  Dependencies dependencies;
  dependencies.files = ReadFileDependencies(fields.Object("files"));
  dependencies.snapshot = fields.SnapshotAt("snapshot");
  if (fields.Has("variables")) dependencies.variables = fields.Texts("variables");
  dependencies.salt = fields.Text("salt");
  dependencies.environment = fields.Text("environment");
  const Fields values = fields.Object("values");
  for (const std::string& name : values.Names()) {
    dependencies.values.emplace_back(name, values.Text(name));
  }
  return dependencies;
}

std::optional<std::string> ChangedValue(const Dependencies& dependencies,
                                        const Environment& environment) {
  if (!dependencies.values.empty()) {
    const auto& [name, place] = dependencies.values.front();
    return place + " uses " + name;
  }
  const std::string digest = DigestOf(environment, dependencies.variables, dependencies.salt);
  if (digest != dependencies.environment) return "an environment variable has changed";
  return std::nullopt;
}

std::vector<std::string> ChangedFiles(const Dependencies& dependencies, size_t limit) {
  const Snapshot& earlier = dependencies.snapshot;
  if (TakeSnapshotLike(dependencies.files, earlier).SameAs(earlier)) return {};
  std::vector<std::string> changes = ChangedSince(dependencies.files, earlier.taken_ns, limit);
  for (std::string& path : changes) path += " has changed";
  if (changes.empty()) changes.emplace_back("a file is gone, or has changed to an older one");
  return changes;
}

std::optional<std::string> ChangedFile(const Dependencies& dependencies) {
  std::vector<std::string> changes = ChangedFiles(dependencies, 1);
  if (changes.empty()) return std::nullopt;
  return std::move(changes.front());
}

std::optional<std::string> ChangedDependency(const Dependencies& dependencies,
                                             const Environment& environment) {
  if (auto changed = ChangedValue(dependencies, environment)) return changed;
  return ChangedFile(dependencies);
}

}  // namespace flatmanifest::front
