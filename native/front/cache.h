// The cache directory of a project: what is in it, and keeping it small. Its files:
// docs/cache-files.md.

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
  // What the key is made of, in words: "dbt", "1.11.16".
  std::vector<std::pair<std::string, std::string>> words;
  // Why it cannot be used as it is: "models/a.sql has changed", "the file is damaged". Empty if it
  // can.
  std::vector<std::string> stale_because;
};

struct CacheContents {
  std::vector<CacheEntry> entries;  // the one that was used last comes first
  uint64_t transcript_count = 0;
  uint64_t bytes = 0;  // of everything
};

// Empty for a directory that is not there. Throws IoError.
CacheContents ReadCache(const std::string& directory);

// Removes all files that flatmanifest keeps there, and the directory if nothing else is in it.
// Returns how many. Whoever has one mapped keeps it. Throws IoError.
uint64_t ClearCache(const std::string& directory);

// Removes entries, those that were used longest ago first, until what is left has at most
// `max_bytes`; never the entry `kept`, which is thereby used. Removes transcripts of what is gone,
// the oldest where there are too many, and what dead processes left behind. Throws IoError.
void TrimCache(const std::string& directory, uint64_t max_bytes, const std::string& kept);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_CACHE_H_
