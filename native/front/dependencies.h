// The dependencies of a dbt command or parse. Python writes them
// (python/flatmanifest/dbt/dependencies/record.py), and they are checked here. docs/cache-files.md,
// "Dependencies".

#ifndef FLATMANIFEST_FRONT_DEPENDENCIES_H_
#define FLATMANIFEST_FRONT_DEPENDENCIES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "freshness/snapshot.h"
#include "front/cache_fields.h"
#include "front/environment.h"

namespace flatmanifest::front {

struct Dependencies {
  std::vector<FileDependency> files;
  Snapshot snapshot;  // of them
  // Names of environment variables, in addition to those that every command depends on. Nothing:
  // all variables.
  std::optional<std::vector<std::string>> variables;
  std::string salt;
  std::string environment;  // DigestOf(their values)
  // Values without a source that templates have used, each with the place of its use.
  std::vector<std::pair<std::string, std::string>> values;
};

// Paths by their uses, from lists under the names of uses. Throws FormatError.
std::vector<FileDependency> ReadFileDependencies(const Fields& fields);

// The dependencies that `fields` holds. Throws FormatError.
Dependencies ReadDependencies(const Fields& fields);

// The first change of these dependencies, in words; nothing if there is none. Checks the cheapest
// first: values, environment, files. Throws FormatError, and IoError if a file cannot be looked at.
std::optional<std::string> ChangedDependency(const Dependencies& dependencies,
                                             const Environment& environment);

// The parts of ChangedDependency, for callers that look at files while they do something else.
std::optional<std::string> ChangedValue(const Dependencies& dependencies,
                                        const Environment& environment);
std::optional<std::string> ChangedFile(const Dependencies& dependencies);

// Up to `limit` changes of files, in words; empty if nothing has changed. Throws IoError.
std::vector<std::string> ChangedFiles(const Dependencies& dependencies, size_t limit);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_DEPENDENCIES_H_
