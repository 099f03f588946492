// The cache directory of a project: its contents, and its size. Its files: docs/cache-files.md.

#ifndef FLATMANIFEST_FRONT_CACHE_H_
#define FLATMANIFEST_FRONT_CACHE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace flatmanifest::front {

struct CacheEntry {
  std::string key;
  uint64_t bytes = 0;   // of all its files
  int64_t used_ns = 0;  // Unix time
  uint64_t generation = 0;
  int64_t resource_count = 0;
  // The parts of the key, by name: "dbt", "1.11.16".
  std::vector<std::pair<std::string, std::string>> words;
  // Why the entry cannot be used: "models/a.sql has changed", "the file is damaged". Empty for a
  // fresh entry.
  std::vector<std::string> stale_because;
};

struct CacheContents {
  std::vector<CacheEntry> entries;  // the one that was used last comes first
  uint64_t transcript_count = 0;
  uint64_t bytes = 0;  // of everything
  // Files for other places (front/portable_cache.h).
  uint64_t portable_entry_count = 0;
  uint64_t portable_transcript_count = 0;
  uint64_t portable_bytes = 0;
};

// Empty for a missing directory. Throws IoError.
CacheContents ReadCache(const std::string& directory);

// Removes all files that flatmanifest keeps there, and the directory if it is then empty. Returns
// the number of files. Processes that have one mapped keep it. Throws IoError.
uint64_t ClearCache(const std::string& directory);

// The size limit of a cache: FLATMANIFEST_CACHE_SIZE in megabytes, 1000 for anything but a number.
uint64_t MostCacheBytes();

// Removes the least recently used entries, local and portable, until the rest has at most
// `max_bytes`. Never removes the local entry `kept`, which this marks as used. Also removes
// transcripts of removed entries, the oldest of too many transcripts, and leftovers of dead
// processes. Throws IoError.
void TrimCache(const std::string& directory, uint64_t max_bytes, const std::string& kept);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_CACHE_H_
