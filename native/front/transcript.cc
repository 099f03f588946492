#include "front/transcript.h"

#include <algorithm>
#include <filesystem>

#include "front/cache_fields.h"
#include "select/python_repr.h"

namespace flatmanifest::front {

namespace {

std::optional<std::string> ReadOptional(const Fields& fields, const std::string& name) {
  if (!fields.Has(name)) return std::nullopt;
  return fields.Text(name);
}

Sink ReadSink(const Fields& fields) {
  return {.path = fields.Text("path"),
          .max_bytes = static_cast<uint64_t>(fields.Integer("max_bytes")),
          .is_json = fields.Bool("is_json"),
          .before = fields.Texts("before"),
          .after = fields.Texts("after"),
          .line = fields.Text("line"),
          .default_selector = ReadOptional(fields, "default_selector"),
          .unmatched = ReadOptional(fields, "unmatched"),
          .nothing = ReadOptional(fields, "nothing")};
}

Output ReadOutput(const Fields& fields) {
  Output output{.path = fields.Text("path"), .beginning = fields.Text("beginning"), .facts = {}};
  const Fields facts = fields.Object("facts");
  for (const std::string& name : facts.Names()) {
    output.facts.emplace_back(name, Repr(facts.document(), facts.Value(name)));
  }
  return output;
}

ListOptions ReadDefaults(const Fields& fields) {
  ListOptions defaults;
  for (const MultiOption& option : kMultiOptions) {
    if (fields.Has(option.key)) defaults.*option.value = fields.Texts(option.key);
  }
  for (const SingleOption& option : kSingleOptions) {
    if (fields.Has(option.key)) defaults.*option.value = fields.Text(option.key);
  }
  return defaults;
}

StateDirectories ReadStateDirectories(const Fields& fields) {
  return {.state = fields.Text("state"),
          .target = fields.Text("target"),
          .compare_more_unrendered_values = fields.Bool("compare_more_unrendered_values")};
}

// The entry of a transcript must lie in the same directory, so a transcript cannot lead elsewhere.
std::string EntryBeside(const std::string& transcript, const Fields& fields) {
  namespace fs = std::filesystem;
  const fs::path entry = fs::path(fields.Text("entry")).lexically_normal();
  const fs::path directory = fs::path(transcript).lexically_normal().parent_path();
  if (entry.parent_path() != directory || entry.extension() != ".fman") {
    fields.document().Fail("its entry does not lie beside it");
  }
  return (directory / entry.filename()).string();
}

}  // namespace

const Output* FindOutput(const Transcript& transcript, std::string_view file_name) {
  const auto found =
      std::find_if(transcript.outputs.begin(), transcript.outputs.end(), [&](const Output& output) {
        return std::filesystem::path(output.path).filename() == file_name;
      });
  return found == transcript.outputs.end() ? nullptr : &*found;
}

Transcript ReadTranscript(const std::string& path) {
  Transcript transcript;
  transcript.file = OpenChecked(path);
  const Fields fields(transcript.file->document());
  transcript.dependencies = ReadDependencies(fields.Object("dependencies"));
  transcript.until_ns = fields.Integer("until_ns");
  transcript.entry = EntryBeside(path, fields);
  transcript.generation = static_cast<uint64_t>(fields.Integer("generation"));
  for (const Fields& sink : fields.Objects("sinks")) transcript.sinks.push_back(ReadSink(sink));
  for (const Fields& output : fields.Objects("outputs")) {
    transcript.outputs.push_back(ReadOutput(output));
  }
  for (const Fields& file : fields.Objects("written")) {
    transcript.written.emplace_back(file.Text("path"), file.Text("text"));
  }
  transcript.defaults = ReadDefaults(fields.Object("defaults"));
  transcript.has_default_selector = fields.Bool("has_default_selector");
  if (fields.Has("state")) transcript.state = ReadStateDirectories(fields.Object("state"));
  transcript.warns = fields.Bool("warns");
  return transcript;
}

}  // namespace flatmanifest::front
