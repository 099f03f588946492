// Replaces a file as a whole, one writer at a time. docs/durability.md has the protocol, and the
// result for readers if the writer dies at any step.

#ifndef FLATMANIFEST_STORE_PUBLISH_H_
#define FLATMANIFEST_STORE_PUBLISH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "format/document.h"

namespace flatmanifest {

// kNone is for files that can be made again: after a power failure, the file may be damaged.
enum class Flush : uint8_t { kToDisk, kNone };

// The treatment of an existing file. kReplace is for our own files, whose permissions are checked
// before they are believed (store/trust.h). kKeep is for files that users name: a symbolic link is
// followed and stays, and the new file has the mode of the old one, and its owner and group if the
// process may give files away.
enum class Existing : uint8_t { kReplace, kKeep };

// Whether a file that is in place survives a power failure.
struct Durability {
  // If it may not: what failed, where, and what to do.
  std::string warning;

  bool is_certain() const { return warning.empty(); }
};

struct Published {
  uint64_t generation = 0;
  Durability durability;
};

// All of these make `path` a file with these bytes. They write a StagedFile beside it, flush it to
// the disk, rename it over `path`, and flush the directory. Readers see the old file or the new
// one, never a part; processes that have the old one mapped keep it. Safe from several threads and
// processes: each waits for the one before it. A `path` that exists and is no regular file (a pipe,
// /dev/stdout) is written to in place.
//
// On failure they throw IoError, with `path` unchanged and nothing left beside it. Nothing throws
// once the file is in place: if flushing the directory then fails, Durability says so. Flush::kNone
// flushes nothing, and gives no warning.

// The last writer wins.
Durability Publish(const std::string& path, std::span<const std::byte> bytes,
                   Flush flush = Flush::kToDisk, Existing existing = Existing::kReplace);

// Publishes a file in pieces, as Publish does, without flushing it. Until Finish, the path is as it
// was before, and other writers wait; if Finish is not called, it stays so. For one thread at a
// time.
class Publication {
 public:
  explicit Publication(const std::string& path, Existing existing = Existing::kReplace);
  ~Publication();
  Publication(Publication&&) noexcept;
  Publication& operator=(Publication&&) noexcept;

  void Append(std::span<const std::byte> bytes);
  // Ends the writing: errors of a full disk come here at the latest.
  void Close();
  // Puts the closed file in place.
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Publishes a manifest's file (FileImage::writable_bytes, CopyWithStamp) as the next generation:
// one more than that of the file there when it is this writer's turn, 1 if there is none that can
// be read. `file` gets that generation, which is returned. No two files of a path have the same
// generation.
Published PublishNext(const std::string& path, std::span<std::byte> file,
                      Flush flush = Flush::kToDisk, Existing existing = Existing::kReplace);

// Publishes the next generation only if the file there still has the header `replaced`, which
// `file` was made from; else does nothing.
std::optional<Published> PublishOver(const std::string& path, const Header& replaced,
                                     std::span<std::byte> file, Flush flush = Flush::kToDisk);

// The generation that PublishNext would give a file now. It is a guess, because another writer may
// be first; a right guess saves PublishNext from computing a checksum.
uint64_t NextGeneration(const std::string& path);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_STORE_PUBLISH_H_
