// A transcript: dbt's output and files at a warm start, to be repeated (docs/front.md).

#ifndef FLATMANIFEST_FRONT_TRANSCRIPT_H_
#define FLATMANIFEST_FRONT_TRANSCRIPT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "front/command_line.h"
#include "front/dependencies.h"
#include "store/manifest_file.h"

namespace flatmanifest::front {

// A destination of dbt's events: a stream or a file.
struct Sink {
  std::string path;        // empty: standard output
  uint64_t max_bytes = 0;  // dbt begins another file before this size; 0: never
  bool is_json = false;    // each record is JSON, so that the texts in it are escaped
  // Records with blanks that are printed before the list and after it.
  std::vector<std::string> before;
  std::vector<std::string> after;
  // Records that each command may need or not. The blank kLine has what each is about.
  std::string line;                             // a line of the list
  std::optional<std::string> default_selector;  // nothing is selected by the command line
  std::optional<std::string> unmatched;         // a part of the selection matches nothing
  std::optional<std::string> nothing;           // the whole selection matches nothing
};

// An artifact that stays unchanged except for its beginning.
struct Output {
  std::string path;
  std::string beginning;  // with blanks; empty where nothing is to be replaced
  // Facts that must be known about the artifact, by name, as Python's repr; compared with the
  // record of artifacts.
  std::vector<std::pair<std::string, std::string>> facts;
};

// The directories of --state, as dbt resolved them when the command was recorded.
struct StateDirectories {
  std::string state;   // absolute
  std::string target;  // with the current sources.json
  // The project's flag state_modified_compare_more_unrendered_values.
  bool compare_more_unrendered_values = false;
};

struct Transcript {
  Dependencies dependencies;
  int64_t until_ns = 0;  // Unix time after which dbt would say something else; 0: never
  std::string entry;     // the path of the manifest, beside the transcript
  uint64_t generation = 0;
  std::vector<Sink> sinks;
  std::vector<Output> outputs;
  std::vector<std::pair<std::string, std::string>> written;  // path and text, with blanks
  ListOptions defaults;  // the values of options that are not on the command line
  // The transcript's file. It has the project's YAML selectors as they are for this command.
  std::shared_ptr<const ManifestFile> file;
  bool has_default_selector = false;
  // Nothing where the command has no --state. The artifacts in these directories are dependencies.
  std::optional<StateDirectories> state;
  bool warns = false;  // dbt prints warnings about the selection; else it fails, or says nothing
};

// The output whose path ends with this file name, null if there is none. Borrowed.
const Output* FindOutput(const Transcript& transcript, std::string_view file_name);

// Throws IoError, and FormatError, also for an entry outside the transcript's directory.
Transcript ReadTranscript(const std::string& path);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_TRANSCRIPT_H_
