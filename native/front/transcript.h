// What dbt said and did at a warm start, so that it can be said and done again: docs/front.md.

#ifndef FLATMANIFEST_FRONT_TRANSCRIPT_H_
#define FLATMANIFEST_FRONT_TRANSCRIPT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "front/command_line.h"
#include "front/dependencies.h"
#include "store/manifest_file.h"

namespace flatmanifest::front {

// A stream or a file that dbt's events go to.
struct Sink {
  std::string path;        // empty: standard output
  uint64_t max_bytes = 0;  // dbt begins another file before this size; 0: never
  // What is printed before the list and after it, as records with blanks, and what begins each line
  // of it, which is a record, too.
  std::vector<std::string> before;
  std::vector<std::string> after;
  std::string line_beginning;
};

// An artifact that stays as it is but for how it begins.
struct Output {
  std::string path;
  std::string beginning;  // with blanks; empty where nothing is to be replaced
  // What must be known of it, by name, as Python's repr: the record of artifacts has the same.
  std::vector<std::pair<std::string, std::string>> facts;
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
  // The file itself, which has the project's YAML selectors as they are for this command.
  std::shared_ptr<const ManifestFile> file;
  bool has_default_selector = false;
};

// Throws FormatError, also for an entry in another directory than the transcript's; IoError.
Transcript ReadTranscript(const std::string& path);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_TRANSCRIPT_H_
