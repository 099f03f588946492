#include "front/cache.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>

#include "format/error.h"
#include "freshness/snapshot.h"
#include "front/cache_fields.h"
#include "front/dependencies.h"
#include "front/environment.h"
#include "front/history.h"
#include "store/clock.h"
#include "store/staged_file.h"

namespace flatmanifest::front {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".fman";
constexpr std::string_view kTranscriptSuffix = ".transcript.fman";
constexpr std::string_view kPortableEnd = ".portable.fman";
constexpr std::string_view kPackedEnd = ".zst";
constexpr std::string_view kStateManifestEnd = ".state_manifest.fman";
constexpr size_t kKeyLength = 24;
constexpr size_t kDigestLength = 32;
constexpr size_t kMostTranscripts = 200;
constexpr size_t kMostReasons = 5;

struct File {
  std::string name;
  uint64_t bytes;
  int64_t modified_ns;
};

bool IsHexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char character) {
    return std::isdigit(static_cast<unsigned char>(character)) ||
           ('a' <= character && character <= 'f');
  });
}

bool IsTranscript(const std::string& name) { return name.ends_with(kTranscriptSuffix); }

// The entry that a file belongs to, "" for others.
std::string KeyOf(const std::string& name) {
  const size_t end = name.find('.');
  if (end != kKeyLength || !name.ends_with(kSuffix)) return "";
  const std::string key = name.substr(0, end);
  return IsHexadecimal(key) ? key : "";
}

// Whether this is a temporary file of Publish.
bool IsTemporary(const std::string& name) {
  const bool is_known = name.find(".fman.") != std::string::npos ||
                        name.find(kPackedEnd) != std::string::npos ||
                        name.find(kHistoryName) != std::string::npos;
  return name.starts_with('.') && name.ends_with(".tmp") && is_known;
}

// The beginning KEY-CONTENT of the name of a portable file, "" for others.
std::string PortableStem(const std::string& name, size_t key_length) {
  if (!name.ends_with(kPortableEnd) && !name.ends_with(kPackedEnd)) return "";
  const std::string stem = name.substr(0, name.find('.'));
  const bool is_stem = stem.size() == key_length + 1 + kDigestLength && stem[key_length] == '-' &&
                       IsHexadecimal(stem.substr(0, key_length)) &&
                       IsHexadecimal(stem.substr(key_length + 1));
  return is_stem ? stem : "";
}

bool IsPortableTranscript(const std::string& name) {
  return !PortableStem(name, kDigestLength).empty();
}

// A manifest that --state names (front/state_artifacts.h).
bool IsStateManifest(const std::string& name) { return name.ends_with(kStateManifestEnd); }

// The part that the names of files have that are removed together; "" for others: those of one
// entry, local or portable, or a state manifest alone.
std::string GroupOf(const std::string& name) {
  if (IsStateManifest(name)) return name.substr(0, name.size() - kSuffix.size());
  std::string key = KeyOf(name);
  return key.empty() ? PortableStem(name, kKeyLength) : key;
}

bool IsOurs(const std::string& name) {
  return !GroupOf(name).empty() || IsTranscript(name) || IsPortableTranscript(name) ||
         IsTemporary(name) || name == "schemas.fman" || name == kHistoryName ||
         name.ends_with(".answer.fman");
}

std::vector<File> FilesIn(const std::string& directory) {
  std::vector<File> files;
  std::error_code error;
  fs::directory_iterator names(directory, error);
  if (error == std::errc::no_such_file_or_directory) return files;
  if (error) throw IoError("cannot read", directory, error.value());
  for (const fs::directory_entry& each : names) {
    const std::string name = each.path().filename().string();
    struct stat status {};
    // Another process may have removed the file.
    if (!IsOurs(name) || ::lstat(each.path().c_str(), &status) != 0) continue;
    if (S_ISDIR(status.st_mode)) continue;  // none of our files is a directory
    files.push_back({name, static_cast<uint64_t>(status.st_size), ModifiedNs(status)});
  }
  return files;
}

void Remove(const std::string& directory, const std::string& name) {
  if (IsTemporary(name)) return StagedFile::RemoveAbandoned(directory + "/" + name);
  std::error_code error;
  fs::remove(fs::path(directory) / name, error);
  if (error) throw IoError("cannot remove", directory + "/" + name, error.value());
}

// Adds the environment variables that have other values than in the parse of the manifest:
// entry.py, hidden_values.
void AddChangedVariables(const Fields& manifest, std::vector<std::string>& reasons) {
  const Environment environment = CurrentEnvironment();
  const Fields hidden = manifest.Object("env_vars");
  for (const std::string& name : hidden.Names()) {
    const auto now = environment.find(name);
    if (!IsValueOf(hidden.Text(name), now == environment.end() ? kNoValue : now->second)) {
      reasons.push_back("the environment variable " + name + " has another value");
    }
  }
}

void ReadState(const std::string& stem, CacheEntry& entry) {
  const auto file = OpenChecked(stem + kSuffix.data());
  const Fields manifest(file->document());
  entry.generation = file->document().header().generation;
  entry.resource_count = file->document().resources().graph_count;
  const auto state_file = OpenChecked(Beside(stem + kSuffix.data(), "state"));
  const Fields state(state_file->document());
  const Fields words = state.Object("words");
  for (const std::string& name : words.Names()) entry.words.emplace_back(name, words.Text(name));
  if (static_cast<uint64_t>(state.Integer("generation")) != entry.generation) {
    entry.stale_because.emplace_back("it was not published completely");
    return;
  }
  AddChangedVariables(manifest, entry.stale_because);
  const Dependencies dependencies = ReadDependencies(state.Object("dependencies"));
  for (std::string& change : ChangedFiles(dependencies, kMostReasons)) {
    entry.stale_because.push_back(std::move(change));
  }
}

void ReadEntry(const std::string& directory, CacheEntry& entry) {
  try {
    ReadState(directory + "/" + entry.key, entry);
  } catch (const Error& error) {
    entry.stale_because = {error.message()};
  }
}

std::string EntryOf(const std::string& transcript) {
  try {
    const auto file = OpenChecked(transcript);
    return Fields(file->document()).Text("entry");
  } catch (const Error&) {
    return "";
  }
}

void RemoveEntries(const std::string& directory, const std::vector<File>& files, uint64_t max_bytes,
                   const std::string& kept) {
  uint64_t total = 0;
  std::map<std::string, int64_t> used;
  for (const File& file : files) {
    total += file.bytes;
    const std::string group = GroupOf(file.name);
    if (group.empty()) continue;
    int64_t& time = used[group];  // without its main file, an entry is of no use
    const bool is_main =
        file.name == group + kSuffix.data() || file.name == group + kPortableEnd.data();
    if (is_main) time = file.modified_ns;
  }
  std::vector<std::pair<int64_t, std::string>> oldest;
  oldest.reserve(used.size());
  for (const auto& [key, time] : used) oldest.emplace_back(time, key);
  std::sort(oldest.begin(), oldest.end());
  for (const auto& [time, key] : oldest) {
    if (total <= max_bytes) return;
    if (key == kept) continue;
    for (const File& file : files) {
      if (GroupOf(file.name) != key) continue;
      Remove(directory, file.name);
      total -= file.bytes;
    }
  }
}

// `has_entry` tells whether the entry of a transcript, as it has it, is still there.
template <typename HasEntry>
void RemoveTranscripts(const std::string& directory, std::vector<File> files,
                       const HasEntry& has_entry) {
  std::sort(files.begin(), files.end(),
            [](const File& one, const File& other) { return one.modified_ns > other.modified_ns; });
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string entry = EntryOf(directory + "/" + files[i].name);
    if (i >= kMostTranscripts || !has_entry(entry)) Remove(directory, files[i].name);
  }
}

void RemoveTranscripts(const std::string& directory, const std::vector<File>& files) {
  std::vector<File> local;
  std::vector<File> portable;
  for (const File& file : files) {
    if (IsTranscript(file.name)) local.push_back(file);
    if (IsPortableTranscript(file.name)) portable.push_back(file);
  }
  std::error_code ignored;
  RemoveTranscripts(directory, std::move(local),
                    [&](const std::string& entry) { return fs::exists(entry, ignored); });
  RemoveTranscripts(directory, std::move(portable), [&](const std::string& stem) {
    return fs::exists(directory + "/" + stem + kPortableEnd.data(), ignored);
  });
}

}  // namespace

CacheContents ReadCache(const std::string& directory) {
  CacheContents contents;
  std::map<std::string, CacheEntry> entries;
  for (const File& file : FilesIn(directory)) {
    contents.bytes += file.bytes;
    contents.transcript_count += IsTranscript(file.name) ? 1 : 0;
    const bool is_of_entry = !PortableStem(file.name, kKeyLength).empty();
    if (is_of_entry || IsPortableTranscript(file.name)) {
      contents.portable_bytes += file.bytes;
      const bool is_record = file.name.ends_with(kPortableEnd);
      contents.portable_entry_count += is_of_entry && is_record ? 1 : 0;
      contents.portable_transcript_count += is_of_entry ? 0 : 1;
    }
    const std::string key = KeyOf(file.name);
    if (key.empty()) continue;
    CacheEntry& entry = entries[key];
    entry.key = key;
    entry.bytes += file.bytes;
    if (file.name == key + kSuffix.data()) entry.used_ns = file.modified_ns;
  }
  for (auto& [key, entry] : entries) {
    ReadEntry(directory, entry);
    contents.entries.push_back(std::move(entry));
  }
  std::sort(
      contents.entries.begin(), contents.entries.end(),
      [](const CacheEntry& one, const CacheEntry& other) { return one.used_ns > other.used_ns; });
  return contents;
}

uint64_t ClearCache(const std::string& directory) {
  const std::vector<File> files = FilesIn(directory);
  for (const File& file : files) Remove(directory, file.name);
  std::error_code ignored;  // where something else is in it
  fs::remove(directory, ignored);
  return files.size();
}

uint64_t MostCacheBytes() {
  constexpr uint64_t kMegabyte = 1'000'000;
  const char* chosen = std::getenv("FLATMANIFEST_CACHE_SIZE");
  const std::string_view text = chosen == nullptr ? "" : chosen;
  uint64_t megabytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), megabytes);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return (is_number ? std::min(megabytes, UINT64_MAX / kMegabyte) : 1000) * kMegabyte;
}

void TrimCache(const std::string& directory, uint64_t max_bytes, const std::string& kept) {
  const std::string path = directory + "/" + kept + kSuffix.data();
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  const std::vector<File> files = FilesIn(directory);
  for (const File& file : files) {
    if (IsTemporary(file.name)) Remove(directory, file.name);
  }
  RemoveEntries(directory, files, max_bytes, kept);
  RemoveTranscripts(directory, files);
}

}  // namespace flatmanifest::front
