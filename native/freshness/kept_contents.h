// The contents of small files that were read, for several snapshots and digests of the same files.
//
// A file that changed just before counts by its content in a snapshot, and in any case in a digest
// of contents. In a fresh checkout all files have changed just before, so that each would be read
// for every one of them.

#ifndef FLATMANIFEST_FRESHNESS_KEPT_CONTENTS_H_
#define FLATMANIFEST_FRESHNESS_KEPT_CONTENTS_H_

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace flatmanifest {

// For several threads at once, but for Clear.
//
// A snapshot may be taken with contents that another snapshot has read: if a file has changed
// since, the snapshot is of no state that the file ever had, and equals none that is taken later.
// It must not be taken with contents that were read for a digest (Clear): it could then show a file
// as it is now, and the digest the file as it was.
class KeptContents {
 public:
  // The content of a file that was kept; nullptr if it was not. Valid until Clear.
  const std::string* Find(const std::string& path) const;

  // Keeps a content, as far as there is room.
  void Keep(const std::string& path, std::string content);

  void Clear();

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::string> contents_;
  size_t size_ = 0;
};

// Calls `add` with the content of a file, in pieces. Takes it from `kept`, and keeps it there, if
// that is not nullptr. Throws IoError.
void ReadContent(const std::string& path, KeptContents* kept,
                 const std::function<void(std::string_view)>& add);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FRESHNESS_KEPT_CONTENTS_H_
