// The lines of `dbt ls`, from an entry.

#ifndef FLATMANIFEST_FRONT_LS_LINES_H_
#define FLATMANIFEST_FRONT_LS_LINES_H_

#include <optional>
#include <string>
#include <vector>

#include "front/places.h"
#include "front/transcript.h"

namespace flatmanifest::front {

// What the command line asks for, the transcript saying what it leaves out. Nothing if dbt would
// refuse it, or that is not known.
std::optional<ListOptions> OptionsOf(const CommandLine& line, const Transcript& transcript);

// The lines that dbt would list, without line ends. Nothing where dbt would warn, refuse, or list
// nothing, which it has something to say about; and for JSON that is not in the manifest.json which
// the transcript says is left as it is. That it is, is for the caller to test afterwards. Throws
// FormatError, IoError, ConvertError.
std::optional<std::vector<std::string>> ListLines(const ListOptions& options,
                                                  const Transcript& transcript,
                                                  const Places& places);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_LS_LINES_H_
