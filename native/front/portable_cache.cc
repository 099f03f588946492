#include "front/portable_cache.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>

#include "format/document.h"
#include "format/error.h"
#include "format/writer.h"
#include "freshness/file_contents.h"
#include "freshness/threads.h"
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

// The packed file STEM.NAME.zst.
std::string PackedPath(const std::string& stem, const std::string& name) {
  std::string packed = stem + '.' + name + ".zst";
  RequireTrustedFile(packed);
  return packed;
}

// The size and digest of unpacked contents.
portable::ContentFacts FactsIn(const Fields& fields) {
  return {.size = static_cast<uint64_t>(fields.Integer("size")), .digest = fields.Text("digest")};
}

portable::Bytes Unpacked(const std::string& stem, const std::string& name, const Fields& fields) {
  return portable::ReadPacked(PackedPath(stem, name), FactsIn(fields));
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

// Gives the contents of an artifact here to `take`, made of those that it has in any place.
void MakeArtifact(const std::string& stem, const Fields& artifact, const PlaceCheck& check,
                  const portable::Beginning& beginning, const portable::TakePiece& take) {
  const std::string name = artifact.Text("name");
  const std::string form = artifact.Text("form");
  if (form == kGraphForm) {
    const portable::Bytes graph = Unpacked(stem, name, artifact);
    return portable::GraphPickle(Document::Open(graph, name), check.roots(), take);
  }
  const auto text_form =
      form == kMsgpackForm ? portable::TextForm::kMsgpack : portable::TextForm::kJson;
  portable::Filler filler(HolesOf(artifact), text_form, check.roots(), check.environment(),
                          beginning, take);
  portable::ReadPackedPieces(PackedPath(stem, name), FactsIn(artifact),
                             [&](std::span<const std::byte> piece) { filler.Add(piece); });
  filler.Finish();
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
      std::string stem = directory + '/';
      stem.append(name, 0, name.size() - kPortableSuffix.size());
      found.emplace_back(-ModifiedNs(status), std::move(stem));
    }
  };
  look_in(directory_);
  for (const std::string& layer : layers_) look_in(layer);
  std::sort(found.begin(), found.end());
  if (found.size() > kMostCandidates) found.resize(kMostCandidates);
  std::vector<std::string> stems;
  stems.reserve(found.size());
  for (auto& [age, stem] : found) stems.push_back(std::move(stem));
  return stems;
}

std::optional<LocalEntry> PortableCache::ImportEntry(const std::string& key) {
  for (const std::string& stem : Candidates(key)) {
    try {
      if (auto entry = ImportRecord(Opened(stem), {})) return entry;
    } catch (const FormatError& error) {
      Refuse(error.message());
    }
  }
  return std::nullopt;
}

PortableCache::Record PortableCache::Opened(const std::string& stem) {
  auto file = OpenChecked(stem + std::string(kPortableSuffix));
  const Fields fields(file->document());
  return {stem, std::move(file), fields, ReadPortableDependencies(fields.Object("dependencies"))};
}

// An entry that cannot be read counts only if its transcript holds here.
void PortableCache::Expect(const std::string& stem) {
  try {
    check_.Expect(Opened(stem).dependencies);
  } catch (const Error&) {  // ImportRecord meets it again
  }
}

std::optional<LocalEntry> PortableCache::ImportRecord(const Record& record,
                                                      const Beginnings& beginnings) {
  const auto dependencies = check_.Bound(record.dependencies);
  if (!dependencies) {
    Refuse(check_.difference());
    return std::nullopt;
  }
  std::vector<std::string> parts = record.fields.Texts("key");
  for (std::string& part : parts) part = BoundText(check_.roots(), part);
  const std::string local_key = EntryKey(parts);
  const SavedManifest saved = FindSavedManifest(record.stem, record.fields, local_key);
  if (saved == SavedManifest::kOfOtherParses) return std::nullopt;
  LocalEntry entry{.path = directory_ + '/' + local_key + ".fman"};
  const auto known = Known(record.fields, entry.path);
  if (known) {
    entry = *known;
  } else {
    MakeCache();
  }
  PublishFiles(record, saved, beginnings, known.has_value(), entry);
  PublishState(record.fields, *dependencies, entry);
  MarkUsed(record.stem + std::string(kPortableSuffix));
  return entry;
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

uint64_t PortableCache::PublishEntry(const Record& record, const std::string& path) const {
  const portable::Bytes bytes = Unpacked(record.stem, "entry", record.fields.Object("entry"));
  FileImage image = BoundEntry(Document::Open(bytes, record.stem + ".entry.zst"), check_.roots());
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

PortableCache::Restored PortableCache::RestoreArtifact(const Record& record, const Fields& artifact,
                                                       SavedManifest saved,
                                                       const Beginnings& beginnings) const {
  const Document& document = record.fields.document();
  const std::string name = artifact.Text("name");
  if (!IsPlainName(name)) document.Fail("an artifact has the name " + name);
  RequireInTarget(document, artifact.Text("place"));
  Restored restored{.path = BoundText(check_.roots(), artifact.Text("place"))};
  // dbt leaves a saved manifest from which nothing has changed.
  if (saved == SavedManifest::kOfEntry && name == kSavedManifest) return restored;
  portable::Beginning beginning;
  const Fields facts = artifact.Object("facts");
  const auto renewed = beginnings.find(restored.path);
  if (renewed != beginnings.end() && facts.Has(kBeginningSize)) {
    beginning = {.replaced = static_cast<uint64_t>(facts.Integer(kBeginningSize)),
                 .text = renewed->second};
    restored.beginning_size = beginning.text.size();
  }
  MakeDirectoryOf(restored.path);
  restored.file.emplace(restored.path, Existing::kKeep);
  MakeArtifact(record.stem, artifact, check_, beginning,
               [&](std::span<const std::byte> piece) { restored.file->Append(piece); });
  restored.file->Close();
  return restored;
}

// Publishes the entry, unless it is known, and the artifacts. They are put in place when all are
// written, so that an error leaves the target directory as it was.
void PortableCache::PublishFiles(const Record& record, SavedManifest saved,
                                 const Beginnings& beginnings, bool is_known, LocalEntry& entry) {
  // The entry and the graph come first because they take longest.
  std::vector<Fields> artifacts;
  for (const bool is_graph : {true, false}) {
    for (const Fields& artifact : record.fields.Objects("artifacts")) {
      if ((artifact.Text("form") == kGraphForm) == is_graph) artifacts.push_back(artifact);
    }
  }
  std::vector<Restored> restored(artifacts.size());
  DoInThreads(1 + artifacts.size(), ThreadCount(), 1, [&](size_t i) {
    if (i > 0) {
      restored[i - 1] = RestoreArtifact(record, artifacts[i - 1], saved, beginnings);
    } else if (!is_known) {
      entry.generation = PublishEntry(record, entry.path);
    }
  });
  for (Restored& artifact : restored) {
    if (artifact.file) artifact.file->Finish();
  }
  DocumentBuilder builder;
  DocumentBuilder::Members files;
  for (size_t i = 0; i < artifacts.size(); ++i) {
    const Restored& file = restored[i];
    DocumentBuilder::Members facts = {{"snapshot", builder.Of(TakeSnapshotOfNew(file.path))}};
    const Fields known = artifacts[i].Object("facts");
    for (const std::string& fact : known.Names()) {
      const bool is_renewed = fact == kBeginningSize && file.beginning_size;
      facts.emplace_back(fact, is_renewed ? builder.Unsigned(*file.beginning_size)
                                          : builder.Copy(known.document(), known.Value(fact)));
    }
    files.emplace_back(file.path, builder.Object(facts));
  }
  const Cell root = builder.Object(
      {{"generation", builder.Unsigned(entry.generation)}, {"files", builder.Object(files)}});
  PublishDocument(std::move(builder), root, Beside(entry.path, "artifacts"));
}

bool PortableCache::ImportTranscript(const std::string& key, const portable::Roots& roots,
                                     const std::string& path, const FillBlanks& filled) {
  PlaceCheck check(roots, check_.environment(), DependentWork::kCommand, contents_);
  const auto candidates = Candidates(key);
  return std::any_of(candidates.begin(), candidates.end(), [&](const std::string& stem) {
    return ImportTranscriptAt(stem, path, check, filled);
  });
}

bool PortableCache::ImportTranscriptAt(const std::string& stem, const std::string& path,
                                       PlaceCheck& check, const FillBlanks& filled) {
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
    for (const Fields& sink : record.Objects("sinks")) {
      if (!roots.AreWrittenPlainly(sink.Bool("is_json"))) {
        record.document().Fail("dbt would escape a directory's name in its log here");
      }
    }
    const std::string entry_stem = record.Text("entry");
    if (!IsPlainName(entry_stem)) record.document().Fail("its entry does not lie beside it");
    const std::string entry_path = (fs::path(stem).parent_path() / entry_stem).string();
    Expect(entry_path);
    const auto dependencies =
        check.Bound(ReadPortableDependencies(record.Object("dependencies")), of_place);
    if (!dependencies) {
      Refuse(check.difference());
      return false;
    }
    Beginnings beginnings;
    for (const Fields& output : record.Objects("outputs")) {
      const std::string beginning = BoundText(roots, output.Text("beginning"));
      if (!beginning.empty()) {
        beginnings.emplace(BoundText(roots, output.Text("path")), filled(beginning));
      }
    }
    const auto entry = ImportRecord(Opened(entry_path), beginnings);
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
