// The lines of `dbt ls`, computed from an entry.

#ifndef FLATMANIFEST_FRONT_LS_LINES_H_
#define FLATMANIFEST_FRONT_LS_LINES_H_

#include <optional>
#include <string>
#include <vector>

#include "front/places.h"
#include "front/transcript.h"

namespace flatmanifest::front {

// The options of the command line, completed by the transcript. Nothing if dbt would refuse them,
// or if an option is unknown.
std::optional<ListOptions> OptionsOf(const CommandLine& line, const Transcript& transcript);

// The lines that dbt would list, without line ends. Nothing if dbt would warn or refuse, if it
// would list nothing (then it prints a message), and if the JSON is not in the manifest.json that
// the transcript leaves unchanged. The caller must then check that this file is unchanged. Throws
// FormatError, IoError, ConvertError.
std::optional<std::vector<std::string>> ListLines(const ListOptions& options,
                                                  const Transcript& transcript,
                                                  const Places& places);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_LS_LINES_H_
