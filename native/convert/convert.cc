#include "convert/convert.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "convert/resource_index.h"
#include "format/checksum.h"
#include "format/error.h"
#include "format/unfolding.h"
#include "store/publish.h"
#include "store/trust.h"

namespace flatmanifest {

namespace {

constexpr std::string_view kSuffix = ".fman";

// Whether a file is to be read as JSON: by content, so that any name will do.
bool LooksLikeJson(const std::string& path) {
  if (path.ends_with(kSuffix)) return false;
  if (path.ends_with(".json") || path.ends_with(".json.gz")) return true;
  std::ifstream file(path, std::ios::binary);
  const int first = (file >> std::ws).peek();
  // Gzip, and the byte order marks of UTF-8 and others.
  return first == '{' || first == 0x1f || first == 0xEF || first == 0xFE || first == 0xFF;
}

bool IsIntact(const Document& document) {
  return Checksum(document.bytes(), document.checksum_offset()) == document.header().checksum;
}

// Saves the next open from reading the JSON again. Best effort: without it, opening is only slower.
void RenewStamp(const Document& document, const std::string& output) {
  const std::optional<SourceStamp> stamp = Restamp(*document.source());
  if (!stamp) return;
  std::vector<std::byte> copy = CopyWithStamp(document, *stamp, document.header().generation + 1);
  try {
    PublishOver(output, document.header(), copy);
  } catch (const IoError&) {
  }
}

// The .fman file `output`, if it was made from the present contents of `path`.
std::shared_ptr<const ManifestFile> OpenOutput(const std::string& path, const std::string& output,
                                               Access access) {
  if (!IsAsTrusted(output, path)) return nullptr;
  try {
    auto file = ManifestFile::Open(output, access);
    const auto& stamp = file->document().source();
    if (!stamp) return nullptr;
    const Freshness freshness = CheckFreshness(path, *stamp);
    if (freshness == Freshness::kChanged) return nullptr;
    if (freshness == Freshness::kSameContent) {
      // The copy gets a new checksum, which must not vouch for damage.
      if (!IsIntact(file->document())) return nullptr;
      RenewStamp(file->document(), output);
    }
    return file;
  } catch (const Error&) {
    return nullptr;  // missing, damaged, or of another version: it is made anew
  }
}

// Readers refuse a file that unfolds to far more than its size (format/unfolding.h).
void RequireHonest(const FileImage& image, const FileFacts& facts, size_t json_size) {
  const size_t size = image.bytes().size();
  try {
    if (facts.value_count > MostValues(size)) throw FormatError("");
    // Each value is at least two bytes of JSON, and counts as eight bytes of text.
    if (json_size != 0 && json_size <= MostText(size) / 4) return;
    const Document document = Document::Open(image.bytes(), "");
    Unfolding(document).Of(document.root());
  } catch (const FormatError&) {
    throw TooLargeError("the manifest repeats the same values so often that its file, of " +
                        std::to_string(size) +
                        " bytes, would unfold to more than readers take; nothing was written");
  }
}

// The file of a document that has been read.
FileImage Finish(Writer writer, const ReadResult& result, size_t json_size, const std::string& name,
                 FileFacts facts) {
  facts.value_count = result.value_count;
  try {
    return FinishManifest(std::move(writer), result.root, facts, json_size);
  } catch (const TooLargeError& failure) {
    throw ConvertError(name + ": byte " + std::to_string(json_size) + ": " + failure.what());
  }
}

}  // namespace

FileImage FinishManifest(Writer writer, Cell root, const FileFacts& facts, size_t json_size) {
  const ResourceIndex index = BuildResourceIndex(writer, root);
  FileImage image =
      std::move(writer).Finish(root, index.rows, index.children, index.parents, facts);
  RequireHonest(image, facts, json_size);
  return image;
}

FileImage ConvertJson(simdjson::padded_string_view json, const std::string& name,
                      const FileFacts& facts, const Progress& progress) {
  Writer writer(json.size());
  const ReadResult result = ReadJson(json, name, writer, progress);
  const auto nodes = writer.Find(result.root, writer.FindString("nodes"));
  if (!nodes || !nodes->is(CellKind::kObject)) {
    throw ConvertError(name + ": byte 0: not a dbt manifest: the document has no object \"nodes\"");
  }
  return Finish(std::move(writer), result, json.size(), name, facts);
}

std::string DefaultOutput(const std::string& input) {
  std::string_view stem = input;
  for (const std::string_view suffix : {".gz", ".json"}) {
    if (stem.ends_with(suffix)) stem.remove_suffix(suffix.size());
  }
  return std::string(stem).append(kSuffix);
}

FileImage ConvertInput(const std::string& input, uint64_t generation, const Progress& progress) {
  const std::string name = input == "-" ? "standard input" : input;
  const InputFile file = ReadInput(input);
  return ConvertJson(file.text.padded(), name, {.generation = generation, .source = file.stamp},
                     progress);
}

Published ConvertFile(const std::string& input, const std::string& output,
                      const Progress& progress) {
  std::error_code none;
  if (std::filesystem::equivalent(input, output, none)) {
    throw ConvertError(input + ": the output would replace the input; name another file");
  }
  FileImage image = ConvertInput(input, NextGeneration(output), progress);
  return PublishNext(output, image.writable_bytes(), Flush::kToDisk, Existing::kKeep);
}

std::shared_ptr<const ManifestFile> OpenManifest(const std::string& path, Access access) {
  if (!LooksLikeJson(path)) return ManifestFile::Open(path, access);
  return OpenConverted(path, DefaultOutput(path), access);
}

std::shared_ptr<const ManifestFile> OpenConverted(const std::string& path,
                                                  const std::string& output, Access access) {
  if (auto file = OpenOutput(path, output, access)) return file;

  FileImage image = ConvertInput(path, NextGeneration(output));
  try {
    PublishNext(output, image.writable_bytes());
    return ManifestFile::Open(output, access);
  } catch (const Error&) {  // also where it can be written to but not mapped, as a pipe
    return ManifestFile::OpenAnonymous(image.bytes(), path);
  }
}

std::shared_ptr<const ManifestFile> OpenNewer(const std::string& path, const ManifestFile& held) {
  if (!IdentityAt(path)) return nullptr;
  if (!LooksLikeJson(path)) return held.OpenReplacement(path);
  const auto& stamp = held.document().source();
  if (stamp && CheckFreshness(path, *stamp) != Freshness::kChanged) return nullptr;
  return OpenManifest(path, held.access());
}

std::shared_ptr<const ManifestFile> LoadArtifact(const std::string& path) {
  const InputFile file = ReadInput(path);
  Writer writer(file.text.size());
  const ReadResult result = ReadJson(file.text.padded(), path, writer, nullptr);
  const FileImage image = Finish(std::move(writer), result, file.text.size(), path, {});
  return ManifestFile::OpenAnonymous(image.bytes(), path);
}

}  // namespace flatmanifest
