#include "front/portable_dependencies.h"

#include <algorithm>

#include "format/error.h"
#include "freshness/content_digest.h"

namespace flatmanifest::front {

PortableDependencies ReadPortableDependencies(const Fields& fields) {
  return {.files = ReadFileDependencies(fields.Object("files")),
          .content = fields.Text("content"),
          .variables = fields.Texts("variables"),
          .salt = fields.Text("salt"),
          .environment = fields.Text("environment")};
}

std::string PortableContentDigest(const std::vector<FileDependency>& marked,
                                  const std::vector<FileDependency>& bound) {
  std::vector<NamedDependency> named;
  named.reserve(marked.size());
  for (size_t i = 0; i < marked.size(); ++i) {
    named.push_back({.name = marked[i].path, .path = bound[i].path, .use = marked[i].use});
  }
  return ContentDigest(named, ThreadCount());
}

namespace {

// The dependencies with more files that are read, in the order in which cache files have them.
std::vector<FileDependency> WithReads(std::vector<FileDependency> files,
                                      const std::vector<std::string>& paths) {
  const auto end = std::find_if(files.begin(), files.end(), [](const FileDependency& file) {
    return file.use != FileUse::kRead;
  });
  std::vector<FileDependency> reads;
  for (const std::string& path : paths) reads.push_back({path, FileUse::kRead});
  files.insert(end, reads.begin(), reads.end());
  return files;
}

}  // namespace

std::optional<std::vector<FileDependency>> PlaceCheck::BoundFiles(
    const PortableDependencies& dependencies) {
  std::vector<FileDependency> bound;
  bound.reserve(dependencies.files.size());
  for (const auto& [marked, use] : dependencies.files) {
    auto path = roots_.Bound(marked);
    if (!path) return std::nullopt;
    bound.push_back({std::move(*path), use});
  }
  return bound;
}

const PlaceCheck::Seen& PlaceCheck::Look(const PortableDependencies& dependencies,
                                         const std::vector<FileDependency>& bound) {
  std::string list;
  for (const auto& [marked, use] : dependencies.files) {
    list += marked + '\0' + std::to_string(static_cast<int>(use)) + '\0';
  }
  const auto [entry, is_new] = seen_.try_emplace(std::move(list));
  if (!is_new) return entry->second;
  // The snapshot comes first: if a file changes now, it differs from the next snapshot.
  entry->second.snapshot = TakeSnapshot(bound);
  entry->second.content = PortableContentDigest(dependencies.files, bound);
  return entry->second;
}

std::optional<Dependencies> PlaceCheck::Bound(const PortableDependencies& dependencies,
                                              const std::vector<std::string>& of_place) {
  const std::string digest =
      PortableDigestOf(environment_, dependencies.variables, dependencies.salt, roots_, work_);
  if (digest != dependencies.environment) {
    difference_ = "an environment variable has another value";
    return std::nullopt;
  }
  auto files = BoundFiles(dependencies);
  if (!files) {
    difference_ = "it depends on a directory that is unknown here";
    return std::nullopt;
  }
  try {
    std::optional<Snapshot> whole;  // before the contents are read, as in Look
    if (!of_place.empty()) {
      whole = TakeSnapshot(WithReads(*files, of_place));
      seen_.clear();
    }
    const Seen& seen = Look(dependencies, *files);
    if (seen.content != dependencies.content) {
      difference_ = kOtherContents;
      return std::nullopt;
    }
    return Dependencies{
        .files = WithReads(std::move(*files), of_place),
        .snapshot = whole ? *whole : seen.snapshot,
        .variables = dependencies.variables,
        .salt = dependencies.salt,
        .environment = DigestOf(environment_, dependencies.variables, dependencies.salt),
        .values = {}};
  } catch (const IoError& error) {
    difference_ = error.message();
    return std::nullopt;
  }
}

std::optional<std::string> FirstThatHolds(const std::vector<std::string>& records,
                                          PlaceCheck& check) {
  for (const std::string& record : records) {
    try {
      const auto file = OpenChecked(record);
      const Fields fields(file->document());
      if (check.Bound(ReadPortableDependencies(fields.Object("dependencies")))) return record;
    } catch (const Error&) {
      continue;
    }
  }
  return std::nullopt;
}

}  // namespace flatmanifest::front
