#include "front/portable_dependencies.h"

#include <algorithm>
#include <utility>

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
                                  const std::vector<FileDependency>& bound, KeptContents* kept) {
  std::vector<NamedDependency> named;
  named.reserve(marked.size());
  for (size_t i = 0; i < marked.size(); ++i) {
    named.push_back({.name = marked[i].path, .path = bound[i].path, .use = marked[i].use});
  }
  return ContentDigest(named, ThreadCount(), kept);
}

namespace {

// The dependencies with more files that are read, in the order in which cache files have them.
std::vector<FileDependency> WithReads(std::vector<FileDependency> files,
                                      const std::vector<std::string>& paths) {
  const auto end = std::find_if(files.begin(), files.end(), [](const FileDependency& file) {
    return file.use != FileUse::kRead;
  });
  std::vector<FileDependency> reads;
  reads.reserve(paths.size());
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

// If a file changes now, it differs from the next snapshot, so that the snapshot comes before the
// digest, and before one of another check that shares its contents.
Snapshot PlaceCheck::Taken(const std::vector<FileDependency>& files) {
  if (std::exchange(contents_.is_digested, false)) contents_.kept.Clear();
  return TakeSnapshot(files, &contents_.kept);
}

void PlaceCheck::Expect(const PortableDependencies& dependencies) {
  try {
    if (const auto files = BoundFiles(dependencies)) SnapshotOf(dependencies, *files);
  } catch (const IoError&) {  // Bound meets it, too
  }
}

PlaceCheck::Seen& PlaceCheck::SnapshotOf(const PortableDependencies& dependencies,
                                         const std::vector<FileDependency>& bound) {
  std::string list;
  for (const auto& [marked, use] : dependencies.files) {
    list += marked + '\0' + std::to_string(static_cast<int>(use)) + '\0';
  }
  const auto known = seen_.find(list);
  if (known != seen_.end()) return known->second;
  return seen_.emplace(std::move(list), Seen{Taken(bound), {}}).first->second;
}

const std::string& PlaceCheck::ContentOf(Seen& seen, const PortableDependencies& dependencies,
                                         const std::vector<FileDependency>& bound) {
  if (seen.content.empty()) {
    contents_.is_digested = true;
    seen.content = PortableContentDigest(dependencies.files, bound, &contents_.kept);
  }
  return seen.content;
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
    Seen with_place;
    if (!of_place.empty()) with_place.snapshot = Taken(WithReads(*files, of_place));
    Seen& seen = of_place.empty() ? SnapshotOf(dependencies, *files) : with_place;
    if (ContentOf(seen, dependencies, *files) != dependencies.content) {
      difference_ = kOtherContents;
      return std::nullopt;
    }
    return Dependencies{
        .files = WithReads(std::move(*files), of_place),
        .snapshot = seen.snapshot,
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
