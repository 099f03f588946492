// Reads small cache files as the front door does. Trust is tested elsewhere
// (tests/native/trust_test.cc); whatever a file contains, reading it must at worst throw
// FormatError.
//
// An input that begins with "{" is JSON, which becomes a file. Any other input is a file; its
// header is fitted.

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convert/convert.h"
#include "format/error.h"
#include "front/answer.h"
#include "front/artifact_record.h"
#include "front/blanks.h"
#include "front/cache_fields.h"
#include "front/marked_entry.h"
#include "front/portable_dependencies.h"
#include "front/transcript.h"
#include "fuzz/require.h"
#include "portable/graph_pickle.h"
#include "store/input_file.h"
#include "testing/reseal.h"

namespace flatmanifest::front {
namespace {

namespace fs = std::filesystem;

// A temporary directory.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "fuzz_front.XXXXXX").string();
    fuzz::Require(::mkdtemp(name.data()) != nullptr, "there is a place for files");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string operator/(const char* name) const { return (path_ / name).string(); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void WriteTo(const std::string& path, std::span<const std::byte> bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// Whether a snapshot of the path may be taken without reading the machine's disks.
bool IsHere(const std::string& path) {
  return !path.empty() && path.find('/') == std::string::npos && !path.starts_with('.');
}

template <typename Call>
void Try(Call call) {
  try {
    call();
  } catch (const FormatError&) {
  } catch (const IoError&) {  // paths that the file names
  }
}

void Replay(const Transcript& transcript) {
  Blanks blanks;
  blanks.Set(Blank::kTime, "12:00:00");
  for (const Sink& sink : transcript.sinks) {
    for (const std::string& record : sink.before) blanks.Filled(record);
    blanks.Filled(sink.line);
    blanks.Filled(sink.unmatched.value_or(""));
    for (const std::string& record : sink.after) blanks.Filled(record);
  }
  for (const auto& [path, text] : transcript.written) blanks.Filled(text);
}

void ReadRecord(const std::string& path, const std::vector<Output>& outputs) {
  const ArtifactRecord record(path);
  record.generation();
  std::map<std::string, Renewed> renewed;
  for (const Output& output : outputs) {
    if (!IsHere(output.path)) continue;
    Try([&] { record.Shows(output); });
    Try([&] { record.BeginningSize(output); });
    renewed.emplace(output.path, Renewed());
  }
  record.Renew(renewed);
  const ArtifactRecord again(path);
  fuzz::Require(again.generation() == record.generation(), "a renewed record is of its entry");
}

// What an import makes of a file that may come from elsewhere (front/portable_cache.h).
void ReadPortable(const std::string& path) {
  const auto file = OpenChecked(path);
  const Document& document = file->document();
  portable::Roots roots;
  roots.Add(portable::kProject, "/srv/shop");
  roots.Add(portable::kPrefix, "/venv");
  Try([&] { portable::GraphPickle(document, roots, [](std::span<const std::byte>) {}); });
  Try([&] {
    const FileImage marked = MarkedEntry(document, roots);
    BoundEntry(Document::Open(marked.bytes(), "marked"), roots);
  });
  Try([&] { BoundEntry(document, roots); });
  Try([&] { ReadPortableDependencies(Fields(document).Object("dependencies")); });
}

void Read(const Scratch& scratch, std::span<const std::byte> file) {
  const std::string transcript_path = scratch / "a.transcript.fman";
  WriteTo(transcript_path, file);
  std::vector<Output> outputs;
  Try([&] {
    const Transcript transcript = ReadTranscript(transcript_path);
    fuzz::Require(fs::path(transcript.entry).parent_path() == scratch.path(),
                  "an entry lies beside its transcript");
    Replay(transcript);
    outputs = transcript.outputs;
  });
  Try([&] { ReadAnswer(transcript_path); });
  Try([&] { ReadPortable(transcript_path); });
  const std::string record_path = scratch / "a.artifacts.fman";
  WriteTo(record_path, file);
  Try([&] { ReadRecord(record_path, outputs); });
}

// An entry lies beside its transcript, so "~" is replaced by that directory.
std::optional<FileImage> Convert(const Scratch& scratch, std::string_view input) {
  std::string json;
  for (const char character : input) {
    json += character == '~' ? scratch.path().string() : std::string(1, character);
  }
  PaddedText text(json.size());
  std::copy(json.begin(), json.end(), text.data());
  try {
    return ConvertJson(text.padded(), "input", {});
  } catch (const ConvertError&) {
    return std::nullopt;
  }
}

}  // namespace
}  // namespace flatmanifest::front

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const flatmanifest::front::Scratch scratch;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with('{')) {
    if (const auto image = flatmanifest::front::Convert(scratch, text)) {
      flatmanifest::front::Read(scratch, image->bytes());
    }
    return 0;
  }
  const auto bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  if (flatmanifest::testing::Reseal(file)) flatmanifest::front::Read(scratch, file);
  return 0;
}
