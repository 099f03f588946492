// The portable files of a cache: what a parse or a command in another place has left, for use here.
// docs/portable.md describes the files; python/flatmanifest/dbt/cache/portable.py writes them.
//
// A portable file is not used in place. It is imported: made into the local files that the same
// parse or command would have left here (docs/cache-files.md), which from then on are checked
// without reading any content.

#ifndef FLATMANIFEST_FRONT_PORTABLE_CACHE_H_
#define FLATMANIFEST_FRONT_PORTABLE_CACHE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "front/cache_fields.h"
#include "front/portable_dependencies.h"
#include "store/publish.h"

namespace flatmanifest::front {

// dbt would not parse everything in a target directory that has its own saved manifest
// (partial_parse.msgpack): it would go on from there, to a result that depends on all parses
// before. So an entry, which always comes from a parse of everything, is imported only
//
// - into a target directory without artifacts, as in a fresh clone;
// - where the saved manifest is that of the entry, but for the directories of files, as in a
//   directory that was restored, or copied from another one;
// - where the saved manifest belongs to another entry, for other vars or another target, as dbt
//   parses everything then.

// An entry in the cache directory.
struct LocalEntry {
  std::string path;  // of KEY.fman
  uint64_t generation = 0;
};

// The beginnings of artifacts that a command renews (front/transcript.h, Output), by their paths.
using Beginnings = std::map<std::string, std::string>;

// Fills the blanks of an artifact's beginning for a command (front/blanks.h).
using FillBlanks = std::function<std::string(const std::string&)>;

// Imports into the cache directory that has the portable files. Imported artifacts go where the
// same command would have left them here. Not for several threads at once. All methods throw
// IoError if a local file cannot be written.
class PortableCache {
 public:
  // `directory`: the cache, which must be trusted (store/trust.h). `layers`: further caches, whose
  // files must be trusted; nothing is written there. `roots`: those of a parse.
  PortableCache(std::string directory, std::vector<std::string> layers, portable::Roots roots,
                Environment environment)
      : directory_(std::move(directory)),
        layers_(std::move(layers)),
        check_(std::move(roots), std::move(environment), DependentWork::kParse, contents_) {}

  // Imports the latest portable entry with this key whose dependencies are the same here. Nothing
  // if there is none; reason() then says why.
  std::optional<LocalEntry> ImportEntry(const std::string& key);

  // Imports the latest portable transcript with this key, and its entry, as the local transcript at
  // `path`. `roots`: those of the command. `filled` fills the blanks of an artifact's beginning, so
  // that the artifact need not be written again for this command. False if there is none.
  bool ImportTranscript(const std::string& key, const portable::Roots& roots,
                        const std::string& path, const FillBlanks& filled);

  // In words; empty if there is no portable file with the key. Valid after an import that has
  // failed.
  const std::string& reason() const { return reason_; }

 private:
  // The saved manifest in the target directory, or none.
  enum class SavedManifest : uint8_t {
    kReplaced,       // dbt would parse everything, and replace it
    kOfEntry,        // dbt would find nothing changed, and leave it
    kOfOtherParses,  // dbt would go on from it
  };

  // A portable entry's record.
  struct Record {
    std::string stem;  // of its path
    std::shared_ptr<const ManifestFile> file;
    Fields fields;
    PortableDependencies dependencies;
  };

  // An artifact that is written, but not yet in place.
  struct Restored {
    std::string path;
    std::optional<Publication> file = {};         // nothing if the file at the path stays
    std::optional<uint64_t> beginning_size = {};  // if the command has given it another beginning
  };

  static Record Opened(const std::string& stem);
  void Expect(const std::string& stem);
  std::vector<std::string> Candidates(const std::string& key) const;
  SavedManifest FindSavedManifest(const std::string& stem, const Fields& record,
                                  const std::string& local_key);
  std::optional<LocalEntry> ImportRecord(const Record& record, const Beginnings& beginnings);
  bool ShowsAnotherEntry(const std::string& path, const std::string& local_key) const;
  std::optional<LocalEntry> Known(const Fields& record, const std::string& path) const;
  void Refuse(const std::string& why);
  void MakeCache() const;
  uint64_t PublishEntry(const Record& record, const std::string& path) const;
  Restored RestoreArtifact(const Record& record, const Fields& artifact, SavedManifest saved,
                           const Beginnings& beginnings) const;
  void PublishState(const Fields& record, const Dependencies& dependencies,
                    const LocalEntry& entry);
  void PublishFiles(const Record& record, SavedManifest saved, const Beginnings& beginnings,
                    bool is_known, LocalEntry& entry);
  bool ImportTranscriptAt(const std::string& stem, const std::string& path, PlaceCheck& check,
                          const FillBlanks& filled);

  std::string directory_;
  std::vector<std::string> layers_;
  SharedContents contents_;
  PlaceCheck check_;
  std::string reason_;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_PORTABLE_CACHE_H_
