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

// The events of `dbt ls` about a selection.
struct Listing {
  bool uses_default_selector = false;
  std::vector<std::string> unmatched;  // the parts of the selection that match nothing
  bool is_nothing = false;             // dbt warns that no node is selected
  std::vector<std::string> lines;      // without line ends
};

// Selects, and makes the lines. Returns nothing if dbt would refuse the selection, or give a
// warning whose text the transcript does not have, and if the JSON is not in the manifest.json that
// the transcript leaves unchanged. The caller must then check that this file is unchanged. Throws
// Stale if the entry is another one; SelectionError, FormatError, IoError, ConvertError.
std::optional<Listing> ListLines(const ListOptions& options, const Transcript& transcript,
                                 const Places& places);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_LS_LINES_H_
