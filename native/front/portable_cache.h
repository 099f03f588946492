// The portable files of a cache: what a parse or a command in another place has left, for use here.
// docs/portable.md describes the files; python/flatmanifest/dbt/cache/portable.py writes them.
//
// A portable file is not used in place. It is imported: made into the local files that the same
// parse or command would have left here (docs/cache-files.md), which from then on are checked
// without reading any content.

#ifndef FLATMANIFEST_FRONT_PORTABLE_CACHE_H_
#define FLATMANIFEST_FRONT_PORTABLE_CACHE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "freshness/snapshot.h"
#include "front/cache_fields.h"
#include "front/portable_dependencies.h"

namespace flatmanifest::front {

// An entry in the cache directory.
struct LocalEntry {
  std::string path;  // of KEY.fman
  uint64_t generation = 0;
};

// Imports into the cache directory that has the portable files. Imported artifacts go where the
// same command would have left them here. Not for several threads at once. All methods throw
// IoError if a local file cannot be written.
class PortableCache {
 public:
  // `directory`: the cache, which must be trusted (store/trust.h). `roots`: those of a parse.
  PortableCache(std::string directory, portable::Roots roots, Environment environment)
      : directory_(std::move(directory)),
        check_(std::move(roots), std::move(environment), DependentWork::kParse) {}

  // Imports the latest portable entry with this key whose dependencies are the same here. Nothing
  // if there is none; reason() then says why.
  std::optional<LocalEntry> ImportEntry(const std::string& key);

  // Imports the latest portable transcript with this key, and its entry, as the local transcript at
  // `path`. `roots`: those of the command. False if there is none.
  bool ImportTranscript(const std::string& key, const portable::Roots& roots,
                        const std::string& path);

  // In words; empty if there is no portable file with the key. Valid after an import that has failed.
  const std::string& reason() const { return reason_; }

 private:
  std::vector<std::string> Candidates(const std::string& key) const;
  std::optional<LocalEntry> ImportEntryAt(const std::string& stem);
  std::optional<LocalEntry> Known(const std::string& stem, const std::string& path) const;
  uint64_t PublishEntry(const std::string& stem, const Fields& record, const std::string& path);
  void PublishState(const std::string& stem, const Fields& record,
                    const Dependencies& dependencies, const LocalEntry& entry);
  void RestoreArtifacts(const std::string& stem, const Fields& record, const LocalEntry& entry);
  bool ImportTranscriptAt(const std::string& stem, const std::string& path, PlaceCheck& check);

  std::string directory_;
  PlaceCheck check_;
  std::string reason_;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_PORTABLE_CACHE_H_
