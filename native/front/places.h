// The directories of a dbt project, and its files in the cache.

#ifndef FLATMANIFEST_FRONT_PLACES_H_
#define FLATMANIFEST_FRONT_PLACES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "front/command_line.h"

namespace flatmanifest::front {

struct Places {
  std::string working_directory;
  std::string project_directory;
  std::string cache_directory;
  std::string target_directory;     // "" if it cannot be told
  std::vector<std::string> layers;  // further caches, whose portable files are read
};

// The directories that FLATMANIFEST_CACHE_DIR lists; at least one.
std::vector<std::string> CacheDirectories(std::string_view chosen);

// The project: --project-dir, or the nearest directory from the working directory upwards that has
// a dbt_project.yml (dbt/cli/resolvers.py). The cache: as docs/dbt.md says; a target-path in
// dbt_project.yml is understood if it is a plain word. FLATMANIFEST_CACHE_DIR names the cache, and
// behind colons its layers. Nothing if there is no project, or its cache
// directory cannot be told.
std::optional<Places> FindPlaces(const CommandLine& line);

// The path of the transcript of a command line; there is one for each way to ask for the same
// (docs/front.md). `program_directory` is the directory of Python and flatmanifest.
std::string TranscriptPath(const Places& places, const CommandLine& line,
                           const std::string& program_directory);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_PLACES_H_
