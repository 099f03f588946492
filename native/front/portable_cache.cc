#include "front/portable_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <future>
#include <limits>
#include <system_error>

#include "format/document.h"
#include "format/error.h"
#include "format/writer.h"
#include "freshness/file_contents.h"
#include "front/artifact_record.h"
#include "front/document_builder.h"
#include "front/marked_entry.h"
#include "front/user_id.h"
#include "portable/graph_pickle.h"
#include "portable/holes.h"
#include "portable/packed_file.h"
#include "store/clock.h"
#include "store/publish.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPortableSuffix = ".portable.fman";
constexpr const char* kUserFile = "user_file";
constexpr const char* kSavedManifest = "partial_parse.msgpack";
constexpr std::string_view kMsgpackForm = "msgpack";
constexpr std::string_view kGraphForm = "graph";
constexpr size_t kMostCandidates = 64;  // branches of a project

// The contents of the packed file STEM.NAME.zst, of which `fields` has size and digest.
portable::Bytes Unpacked(const std::string& stem, const std::string& name, const Fields& fields) {
  const std::string packed = stem + '.' + name + ".zst";
  RequireTrustedFile(packed);
  return portable::ReadPacked(packed, {.size = static_cast<uint64_t>(fields.Integer("size")),
                                       .digest = fields.Text("digest")});
}

// Whether a file's name has nothing that leads to another directory.
bool IsPlainName(const std::string& name) {
  return !name.empty() && !name.starts_with('.') && name.find('/') == std::string::npos;
}

std::vector<portable::Hole> HolesOf(const Fields& artifact) {
  std::vector<portable::Hole> holes;
  for (const Fields& fields : artifact.Objects("holes")) {
    portable::Hole hole;
    hole.offset = static_cast<uint64_t>(fields.Integer("offset"));
    if (fields.Has("variables")) {
      hole.variables = fields.Texts("variables");
    } else {
      hole.text = fields.Text("text");
    }
    holes.push_back(std::move(hole));
  }
  return holes;
}

// Trimming removes first what was not used for longest (front/cache.h).
void MarkUsed(const std::string& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

// Creates the directory of a file, as dbt would.
void MakeDirectoryOf(const std::string& path) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) throw IoError("cannot make a directory for", path, error.value());
}

// The contents of an artifact here, made of those that it has in any place.
portable::Bytes ArtifactHere(const Fields& artifact, const portable::Bytes& contents,
                             const PlaceCheck& check) {
  const std::string form = artifact.Text("form");
  if (form == kGraphForm) {
    return portable::GraphPickle(Document::Open(contents, artifact.Text("name")), check.roots());
  }
  const auto text_form =
      form == kMsgpackForm ? portable::TextForm::kMsgpack : portable::TextForm::kJson;
  return portable::Filled(contents, HolesOf(artifact), text_form, check.roots(),
                          check.environment());
}

// The contents of a saved manifest with the project_root of files that `saved` has. dbt keeps this
// field of a file that has not changed, and reads it nowhere, so a saved manifest from another
// directory shows the same entry.
portable::Bytes WithProjectRootsOf(std::string_view saved, const Fields& artifact,
                                   const portable::Bytes& contents, const PlaceCheck& check) {
  constexpr std::string_view kProjectRoot = "\xACproject_root";
  const std::string_view all(reinterpret_cast<const char*>(contents.data()), contents.size());
  std::vector<portable::Hole> holes = HolesOf(artifact);
  size_t shift = 0;
  for (portable::Hole& hole : holes) {
    if (hole.variables.empty() && all.substr(0, hole.offset).ends_with(kProjectRoot)) {
      if (auto text = portable::MsgpackTextAt(saved, hole.offset + shift))
        hole.text = std::move(*text);
    }
    portable::Hole alone = hole;
    alone.offset = 0;
    shift += portable::Filled({}, {&alone, 1}, portable::TextForm::kMsgpack, check.roots(),
                              check.environment())
                 .size();
  }
  return portable::Filled(contents, holes, portable::TextForm::kMsgpack, check.roots(),
                          check.environment());
}

Cell DependenciesCell(DocumentBuilder& builder, const Dependencies& dependencies) {
  DocumentBuilder::Members files;
  for (const auto& [name, use] : kFileUses) {
    std::vector<std::string> paths;
    for (const FileDependency& file : dependencies.files) {
      if (file.use == use) paths.push_back(file.path);
    }
    files.emplace_back(name, builder.Texts(paths));
  }
  return builder.Object({{"files", builder.Object(files)},
                         {"snapshot", builder.Of(dependencies.snapshot)},
                         {"variables", builder.Texts(*dependencies.variables)},
                         {"salt", builder.Text(dependencies.salt)},
                         {"environment", builder.Text(dependencies.environment)},
                         {"values", builder.Object({})}});
}

// Publishes a small file of the cache. It can be made again, so that it need not be flushed.
void PublishDocument(DocumentBuilder builder, Cell root, const std::string& path) {
  FileImage image = std::move(builder).Finish(root, 1);
  PrepareTrustedFile(path);
  PublishNext(path, image.writable_bytes(), Flush::kNone);
}

// The file of an entry beside KEY.fman: KEY.state.fman, KEY.artifacts.fman.
std::string Beside(const std::string& entry, std::string_view kind) {
  fs::path path = entry;
  path.replace_extension();
  return path.string() + '.' + std::string(kind) + ".fman";
}

std::string BoundText(const portable::Roots& roots, std::string_view text) {
  auto bound = roots.Bound(text);
  if (!bound) throw FormatError("a path is below a directory that is unknown here");
  return std::move(*bound);
}

// Refuses a path that is not directly in the target directory: nothing else is ever written for a
// portable file.
void RequireInTarget(const Document& document, const std::string& marked) {
  const std::string target = {portable::kRootMark, portable::kTarget, '/'};
  if (!marked.starts_with(target) || !IsPlainName(marked.substr(target.size()))) {
    document.Fail("it would write outside the target directory");
  }
}

// Refuses a transcript that would write to anything but artifacts and dbt's log.
void RequireHarmless(const Fields& record) {
  const Document& document = record.document();
  for (const Fields& output : record.Objects("outputs")) {
    RequireInTarget(document, output.Text("path"));
  }
  for (const Fields& file : record.Objects("written")) {
    RequireInTarget(document, file.Text("path"));
  }
  for (const Fields& sink : record.Objects("sinks")) {
    const std::string path = sink.Text("path");
    const bool is_log = path.starts_with(portable::kRootMark) && path.ends_with("/dbt.log") &&
                        path.find("/../") == std::string::npos;
    if (!path.empty() && !is_log) document.Fail("it would write to a file that is no log");
  }
  if (!record.Has(kUserFile)) return;
  const std::string path = record.Text(kUserFile);
  const bool is_user_file = path.starts_with(portable::kRootMark) && path.ends_with("/.user.yml");
  if (!is_user_file || path.find("/../") != std::string::npos) {
    document.Fail("it would make a file that is not a user's id");
  }
}

}  // namespace

// Of several files, those of another state of the project say least.
void PortableCache::Refuse(const std::string& why) {
  if (reason_.empty() || reason_ == kOtherContents) reason_ = why;
}

std::vector<std::string> PortableCache::Candidates(const std::string& key) const {
  std::vector<std::pair<int64_t, std::string>> found;
  const auto look_in = [&](const std::string& directory) {
    std::error_code error;
    for (const fs::directory_entry& each : fs::directory_iterator(directory, error)) {
      const std::string name = each.path().filename().string();
      if (!name.starts_with(key + '-') || !name.ends_with(kPortableSuffix)) continue;
      struct stat status {};
      if (::lstat(each.path().c_str(), &status) != 0) continue;
      const std::string stem = name.substr(0, name.size() - kPortableSuffix.size());
      found.emplace_back(-ModifiedNs(status), directory + '/' + stem);
    }
  };
  look_in(directory_);
  for (const std::string& layer : layers_) look_in(layer);
  std::sort(found.begin(), found.end());
  if (found.size() > kMostCandidates) found.resize(kMostCandidates);
  std::vector<std::string> stems;
  for (auto& [age, stem] : found) stems.push_back(std::move(stem));
  return stems;
}

std::optional<LocalEntry> PortableCache::ImportEntry(const std::string& key) {
  for (const std::string& stem : Candidates(key)) {
    if (auto entry = ImportEntryAt(stem)) return entry;
  }
  return std::nullopt;
}

std::optional<LocalEntry> PortableCache::ImportEntryAt(const std::string& stem) {
  try {
    const std::string file_name = stem + std::string(kPortableSuffix);
    const auto file = OpenChecked(file_name);
    const Fields record(file->document());
    const auto dependencies = check_.Bound(ReadPortableDependencies(record.Object("dependencies")));
    if (!dependencies) {
      Refuse(check_.difference());
      return std::nullopt;
    }
    std::vector<std::string> parts = record.Texts("key");
    for (std::string& part : parts) part = BoundText(check_.roots(), part);
    const std::string local_key = EntryKey(parts);
    const SavedManifest saved = FindSavedManifest(stem, record, local_key);
    if (saved == SavedManifest::kOfOtherParses) return std::nullopt;
    LocalEntry entry{.path = directory_ + '/' + local_key + ".fman"};
    if (const auto known = Known(record, entry.path)) {
      entry = *known;
    } else {
      MakeCache();
      entry.generation = PublishEntry(stem, record, entry.path);
    }
    PublishState(record, *dependencies, entry);
    RestoreArtifacts(stem, record, entry, saved);
    MarkUsed(file_name);
    return entry;
  } catch (const FormatError& error) {
    Refuse(error.message());
    return std::nullopt;
  }
}

PortableCache::SavedManifest PortableCache::FindSavedManifest(const std::string& stem,
                                                              const Fields& record,
                                                              const std::string& local_key) {
  const std::string target = check_.roots().Path(portable::kTarget);
  const std::string saved = target + '/' + kSavedManifest;
  std::error_code error;
  if (!fs::exists(saved, error)) {
    if (!fs::exists(target + "/manifest.json", error)) return SavedManifest::kReplaced;
    Refuse(saved + " was removed, which asks for a parse of everything");
    return SavedManifest::kOfOtherParses;
  }
  for (const Fields& artifact : record.Objects("artifacts")) {
    if (artifact.Text("name") != kSavedManifest) continue;
    const portable::Bytes contents = Unpacked(stem, kSavedManifest, artifact);
    const auto there = ReadFiles({&saved, 1}, std::numeric_limits<uint32_t>::max(), 1)[0];
    if (!there) continue;
    const portable::Bytes here = WithProjectRootsOf(*there, artifact, contents, check_);
    const std::string_view text(reinterpret_cast<const char*>(here.data()), here.size());
    if (*there == text) return SavedManifest::kOfEntry;
  }
  if (ShowsAnotherEntry(saved, local_key)) return SavedManifest::kReplaced;
  Refuse(saved + " is of another parse, from which dbt goes on");
  return SavedManifest::kOfOtherParses;
}

// Whether an artifact is known to show another entry of this cache, unchanged.
bool PortableCache::ShowsAnotherEntry(const std::string& path, const std::string& local_key) const {
  constexpr std::string_view kRecordSuffix = ".artifacts.fman";
  const Output artifact{.path = path, .beginning = {}, .facts = {}};
  std::error_code error;
  for (const fs::directory_entry& each : fs::directory_iterator(directory_, error)) {
    const std::string name = each.path().filename().string();
    if (!name.ends_with(kRecordSuffix) || name.starts_with(local_key)) continue;
    try {
      if (ArtifactRecord(each.path().string()).Shows(artifact)) return true;
    } catch (const Error&) {  // the next one may be intact
    }
  }
  return false;
}

// The entry, if it was imported earlier, or exported, and has stayed.
std::optional<LocalEntry> PortableCache::Known(const Fields& record,
                                               const std::string& path) const {
  try {
    const auto entry = OpenChecked(path);
    const uint64_t generation = entry->document().header().generation;
    const auto state = OpenChecked(Beside(path, "state"));
    const Fields fields(state->document());
    const bool is_same = fields.Has("portable") &&
                         fields.Text("portable") == record.Object("entry").Text("digest") &&
                         static_cast<uint64_t>(fields.Integer("generation")) == generation;
    if (!is_same) return std::nullopt;
    return LocalEntry{.path = path, .generation = generation};
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Makes the cache directory for its owner alone, as Python does (cache/objects.py).
void PortableCache::MakeCache() const {
  MakeDirectoryOf(directory_);
  if (::mkdir(directory_.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    throw IoError("cannot make", directory_, errno);
  }
}

uint64_t PortableCache::PublishEntry(const std::string& stem, const Fields& record,
                                     const std::string& path) {
  const portable::Bytes bytes = Unpacked(stem, "entry", record.Object("entry"));
  FileImage image = BoundEntry(Document::Open(bytes, stem + ".entry.zst"), check_.roots());
  PrepareTrustedFile(path);
  return PublishNext(path, image.writable_bytes(), Flush::kNone).generation;
}

void PortableCache::PublishState(const Fields& record, const Dependencies& dependencies,
                                 const LocalEntry& entry) {
  DocumentBuilder builder;
  const auto copied = [&](const char* name) {
    return builder.Copy(record.document(), record.Value(name),
                        [this](std::string_view text) { return BoundText(check_.roots(), text); });
  };
  const Cell root =
      builder.Object({{"generation", builder.Unsigned(entry.generation)},
                      {"dependencies", DependenciesCell(builder, dependencies)},
                      {"flags", copied("flags")},
                      {"passed", copied("passed")},
                      {"words", copied("words")},
                      {"looked_up", builder.Texts(*dependencies.variables)},
                      {"portable", builder.Text(record.Object("entry").Text("digest"))}});
  PublishDocument(std::move(builder), root, Beside(entry.path, "state"));
}

void PortableCache::RestoreArtifacts(const std::string& stem, const Fields& record,
                                     const LocalEntry& entry, SavedManifest saved) {
  struct Restored {
    std::string path;
    Snapshot snapshot;
  };
  const auto restore = [&](const Fields& artifact) -> Restored {
    const std::string name = artifact.Text("name");
    if (!IsPlainName(name)) record.document().Fail("an artifact has the name " + name);
    RequireInTarget(record.document(), artifact.Text("place"));
    const std::string path = BoundText(check_.roots(), artifact.Text("place"));
    // dbt leaves a saved manifest from which nothing has changed.
    const bool stays = saved == SavedManifest::kOfEntry && name == kSavedManifest;
    if (stays) return {path, TakeSnapshotOfNew(path)};
    const portable::Bytes contents = Unpacked(stem, name, artifact);
    MakeDirectoryOf(path);
    Publish(path, ArtifactHere(artifact, contents, check_), Flush::kNone, Existing::kKeep);
    return {path, TakeSnapshotOfNew(path)};
  };
  const std::vector<Fields> artifacts = record.Objects("artifacts");
  std::vector<std::future<Restored>> restored;
  for (const Fields& artifact : artifacts) {
    restored.push_back(std::async(std::launch::async, restore, std::cref(artifact)));
  }
  DocumentBuilder builder;
  DocumentBuilder::Members files;
  for (size_t i = 0; i < artifacts.size(); ++i) {
    const auto [path, snapshot] = restored[i].get();
    DocumentBuilder::Members facts = {{"snapshot", builder.Of(snapshot)}};
    const Fields& artifact = artifacts[i];
    const Fields known = artifact.Object("facts");
    for (const std::string& fact : known.Names()) {
      facts.emplace_back(fact, builder.Copy(known.document(), known.Value(fact)));
    }
    files.emplace_back(path, builder.Object(facts));
  }
  const Cell root = builder.Object(
      {{"generation", builder.Unsigned(entry.generation)}, {"files", builder.Object(files)}});
  PublishDocument(std::move(builder), root, Beside(entry.path, "artifacts"));
}

bool PortableCache::ImportTranscript(const std::string& key, const portable::Roots& roots,
                                     const std::string& path) {
  PlaceCheck check(roots, check_.environment(), DependentWork::kCommand);
  const auto candidates = Candidates(key);
  return std::any_of(candidates.begin(), candidates.end(), [&](const std::string& stem) {
    return ImportTranscriptAt(stem, path, check);
  });
}

bool PortableCache::ImportTranscriptAt(const std::string& stem, const std::string& path,
                                       PlaceCheck& check) {
  try {
    const std::string file_name = stem + std::string(kPortableSuffix);
    const auto file = OpenChecked(file_name);
    const Fields record(file->document());
    RequireHarmless(record);
    portable::Roots roots = check.roots();
    std::vector<std::string> of_place;
    if (record.Has(kUserFile)) {
      of_place.push_back(BoundText(roots, record.Text(kUserFile)));
      const auto id = UserIdAt(of_place[0]);
      if (!id) record.document().Fail(of_place[0] + " cannot be read");
      roots.SetText(portable::kUser, *id);
    }
    const auto dependencies =
        check.Bound(ReadPortableDependencies(record.Object("dependencies")), of_place);
    if (!dependencies) {
      Refuse(check.difference());
      return false;
    }
    const std::string entry_stem = record.Text("entry");
    if (!IsPlainName(entry_stem)) record.document().Fail("its entry does not lie beside it");
    const auto entry = ImportEntryAt((fs::path(stem).parent_path() / entry_stem).string());
    if (!entry) return false;
    MarkUsed(file_name);
    DocumentBuilder builder;
    DocumentBuilder::Members members = {{"dependencies", DependenciesCell(builder, *dependencies)},
                                        {"entry", builder.Text(entry->path)},
                                        {"generation", builder.Unsigned(entry->generation)}};
    for (const std::string& name : record.Names()) {
      if (name == "dependencies" || name == "entry" || name == kUserFile) continue;
      members.emplace_back(
          name, builder.Copy(record.document(), record.Value(name),
                             [&](std::string_view text) { return BoundText(roots, text); }));
    }
    for (const Fields& sink : record.Objects("sinks")) {
      const std::string log = BoundText(roots, sink.Text("path"));
      if (!log.empty()) MakeDirectoryOf(log);
    }
    const Cell root = builder.Object(members);
    PublishDocument(std::move(builder), root, path);
    return true;
  } catch (const FormatError& error) {
    Refuse(error.message());
    return false;
  }
}

}  // namespace flatmanifest::front
