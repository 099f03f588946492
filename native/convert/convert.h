// JSON in, .fman file out.

#ifndef FLATMANIFEST_CONVERT_CONVERT_H_
#define FLATMANIFEST_CONVERT_CONVERT_H_

#include <memory>
#include <string>

#include "convert/json_reader.h"
#include "format/writer.h"
#include "store/input_file.h"
#include "store/manifest_file.h"
#include "store/publish.h"

namespace flatmanifest {

// The .fman file for a manifest's JSON. `name` is the input's name, for messages. Throws
// ConvertError: for everything that ReadJson refuses, and for a document without an object `nodes`.
FileImage ConvertJson(simdjson::padded_string_view json, const std::string& name,
                      const FileFacts& facts, const Progress& progress = nullptr);

// The .fman file of a manifest whose values, `root` among them, are in `writer`, with its resources
// and graph. `json_size` is the size of the JSON that was read, if any; with it, the values need
// not be measured. Throws TooLargeError, also for a file that readers would refuse as hostile
// (format/unfolding.h).
FileImage FinishManifest(Writer writer, Cell root, const FileFacts& facts, size_t json_size = 0);

// The default output of `convert`, beside the input: manifest.json and manifest.json.gz both become
// manifest.fman.
std::string DefaultOutput(const std::string& input);

// Reads and converts the manifest at `input` ("-": standard input). Throws ConvertError or IoError.
FileImage ConvertInput(const std::string& input, uint64_t generation,
                       const Progress& progress = nullptr);

// Converts the manifest at `input`, as ConvertInput does, and publishes it at `output` as its next
// generation. An existing file keeps its mode, and a symbolic link stays (Existing::kKeep). Throws
// ConvertError, also if `output` is the input, or IoError; `output` is then unchanged.
Published ConvertFile(const std::string& input, const std::string& output,
                      const Progress& progress = nullptr);

// Opens an .fman file, or the manifest in a JSON file. JSON is converted into its DefaultOutput,
// which is reused as long as the JSON is unchanged. If no file can be written there, the manifest
// is converted into anonymous shared memory. Throws FormatError, ConvertError or IoError.
std::shared_ptr<const ManifestFile> OpenManifest(const std::string& path,
                                                 Access access = Access::kMapped);

// The same for the manifest in a JSON file, which is converted into `output` whatever its name is.
// `output` must be trusted (store/trust.h) if others may write to its directory.
std::shared_ptr<const ManifestFile> OpenConverted(const std::string& path,
                                                  const std::string& output,
                                                  Access access = Access::kMapped);

// Opens `path` again if OpenManifest would now give another file than `held`, which it gave there
// before. Null if the file is the same or there is none. Throws as OpenManifest does. O(1) if
// nothing has changed.
std::shared_ptr<const ManifestFile> OpenNewer(const std::string& path, const ManifestFile& held);

// Reads one of dbt's JSON artifacts (run_results.json, sources.json) into anonymous memory. The
// document is an object; it has rows only for entries that a manifest would have. Throws
// ConvertError or IoError.
std::shared_ptr<const ManifestFile> LoadArtifact(const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_CONVERT_H_
