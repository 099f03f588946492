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

// The .fman file for a manifest's JSON. `name` is the input's, for messages. Throws ConvertError;
// beside what ReadJson refuses, a document without an object `nodes` is not a manifest.
FileImage ConvertJson(simdjson::padded_string_view json, const std::string& name,
                      const FileFacts& facts, const Progress& progress = nullptr);

// The file of a manifest whose values are in `writer`, `root` among them, with its resources and
// graph. `json_size` is the size of the JSON that they were read from, if they were: it spares
// measuring them. Throws TooLargeError, also where readers would take the file for a hostile one
// (format/unfolding.h).
FileImage FinishManifest(Writer writer, Cell root, const FileFacts& facts, size_t json_size = 0);

// Where `convert` puts its output by default: beside the input, manifest.json and manifest.json.gz
// both becoming manifest.fman.
std::string DefaultOutput(const std::string& input);

// Reads and converts the manifest at `input` ("-": standard input). Throws ConvertError or IoError.
FileImage ConvertInput(const std::string& input, uint64_t generation,
                       const Progress& progress = nullptr);

// Converts the manifest at `input`, as ConvertInput does, and publishes it at `output` as its next
// generation; a file that is there keeps its mode, and a link to it stays
// (Existing::kKeep). Throws ConvertError, also where `output` is the input, or IoError; `output` is
// then as it was.
Published ConvertFile(const std::string& input, const std::string& output,
                      const Progress& progress = nullptr);

// Opens an .fman file, or the manifest in a JSON file: that is converted into its DefaultOutput,
// which is used again for as long as the JSON is unchanged. Where no file can be written there, the
// manifest is converted into anonymous shared memory. Throws FormatError, ConvertError or IoError.
std::shared_ptr<const ManifestFile> OpenManifest(const std::string& path,
                                                 Access access = Access::kMapped);

// What OpenManifest would open at `path` by now, if that is not `held`, which it has opened there
// before; null if it is, or if there is no such file. Throws as OpenManifest does. O(1) while
// nothing changes.
std::shared_ptr<const ManifestFile> OpenNewer(const std::string& path, const ManifestFile& held);

// Reads any of dbt's JSON artifacts (run_results.json, sources.json) into anonymous memory. The
// document is an object; it has rows only for what a manifest would hold. Throws ConvertError or
// IoError.
std::shared_ptr<const ManifestFile> LoadArtifact(const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_CONVERT_H_
