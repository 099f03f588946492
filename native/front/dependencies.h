// What a command or a parse of dbt's depended on: written by Python
// (python/flatmanifest/dbt/dependencies/record.py), checked here. docs/cache-files.md,
// "Dependencies".

#ifndef FLATMANIFEST_FRONT_DEPENDENCIES_H_
#define FLATMANIFEST_FRONT_DEPENDENCIES_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "freshness/snapshot.h"
#include "front/cache_fields.h"
#include "front/environment.h"

namespace flatmanifest::front {

// The names that uses have in a cache file.
inline constexpr std::pair<std::string_view, FileUse> kFileUses[] = {{"read", FileUse::kRead},
                                                                     {"listed", FileUse::kListed},
                                                                     {"probed", FileUse::kProbed},
                                                                     {"alone", FileUse::kAlone}};

struct Dependencies {
  std::vector<FileDependency> files;
  Snapshot snapshot;  // of them
  // Names of environment variables beside those that are always depended on; nothing: all.
  std::optional<std::vector<std::string>> variables;
  std::string salt;
  std::string environment;  // DigestOf(their values)
  // Values without a source that templates have used, each with the place where.
  std::vector<std::pair<std::string, std::string>> values;
};

// The dependencies that `fields` holds. Throws FormatError.
Dependencies ReadDependencies(const Fields& fields);

// The first of these that is not as it was, in words; nothing if everything is. From the cheapest
// to the dearest: values, environment, files. Throws IoError where a file cannot be looked at,
// FormatError.
std::optional<std::string> ChangedDependency(const Dependencies& dependencies,
                                             const Environment& environment);

// The parts of it, for who looks at files while it does something else.
std::optional<std::string> ChangedValue(const Dependencies& dependencies,
                                        const Environment& environment);
std::optional<std::string> ChangedFile(const Dependencies& dependencies);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_DEPENDENCIES_H_
