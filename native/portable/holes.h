// Files whose contents are the same in every place but for some texts: paths below a root, and
// values of environment variables, which are never kept.

#ifndef FLATMANIFEST_PORTABLE_HOLES_H_
#define FLATMANIFEST_PORTABLE_HOLES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "portable/packed_file.h"
#include "portable/roots.h"

namespace flatmanifest::portable {

// The form in which a text stands in a file.
enum class TextForm : uint8_t {
  kJson,     // between quotes, as Python's json.dumps writes it
  kMsgpack,  // a str, and a map of them (github.com/msgpack/msgpack/blob/master/spec.md)
};

struct Hole {
  uint64_t offset = 0;  // in the contents without all holes
  std::string text;     // with marks (portable/roots.h)
  // If there are any, the hole is for a map of these variables to their values. One that is not set
  // has the value kNoValue.
  std::vector<std::string> variables;
};

// dbt's value for a missing variable (dbt/constants.py, DEFAULT_ENV_PLACEHOLDER).
inline constexpr const char* kNoValue = "DBT_DEFAULT_PLACEHOLDER";

// The str at a byte of a msgpack file; nothing for another value.
std::optional<std::string> MsgpackTextAt(std::string_view packed, size_t begin);

// Another beginning of the contents.
struct Beginning {
  uint64_t replaced = 0;  // the size in bytes of the one in the contents, which has no hole
  std::string text;
};

// Fills the holes of contents that come in pieces. All methods throw FormatError for a hole or a
// beginning outside the contents, for a mark of an unknown root, and for a path that JSON would
// have to escape.
class Filler {
 public:
  // `holes`: in the order of their offsets. `roots` and `environment` outlive this. The filled
  // contents go to `take`.
  Filler(std::vector<Hole> holes, TextForm form, const Roots& roots,
         const std::map<std::string, std::string>& environment, Beginning beginning,
         TakePiece take);

  void Add(std::span<const std::byte> piece);
  // Call it after the last piece.
  void Finish();

 private:
  void TakeHole();

  std::vector<Hole> holes_;
  TextForm form_;
  const Roots& roots_;
  const std::map<std::string, std::string>& environment_;
  Beginning beginning_;
  TakePiece take_;
  uint64_t offset_ = 0;  // in the contents
  size_t next_ = 0;      // hole
};

// Whole contents with all holes filled.
Bytes Filled(std::span<const std::byte> contents, std::span<const Hole> holes, TextForm form,
             const Roots& roots, const std::map<std::string, std::string>& environment);

}  // namespace flatmanifest::portable

#endif  // FLATMANIFEST_PORTABLE_HOLES_H_
