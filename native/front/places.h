// Where dbt would look for a project, and what is kept of it.

#ifndef FLATMANIFEST_FRONT_PLACES_H_
#define FLATMANIFEST_FRONT_PLACES_H_

#include <optional>
#include <string>

#include "front/command_line.h"

namespace flatmanifest::front {

struct Places {
  std::string working_directory;
  std::string project_directory;
  std::string cache_directory;
};

// --project-dir, or the nearest directory from the working directory up that has a dbt_project.yml
// (dbt/cli/resolvers.py); the cache as docs/dbt.md says. A target-path in dbt_project.yml is
// understood if it is a plain word there. Nothing if there is no project, or it cannot be told
// where its cache is.
std::optional<Places> FindPlaces(const CommandLine& line);

// The file that holds the transcript of a command line, of which there is one for each way to ask
// for the same: docs/front.md. `program_directory` is where Python is, and flatmanifest beside it.
std::string TranscriptPath(const Places& places, const CommandLine& line,
                           const std::string& program_directory);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_PLACES_H_
