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

// The contents with all holes filled. `holes` are in the order of their offsets. Throws FormatError
// for a hole outside the contents, for a mark of an unknown root, and for a path that JSON would
// have to escape.
Bytes Filled(std::span<const std::byte> contents, std::span<const Hole> holes, TextForm form,
             const Roots& roots, const std::map<std::string, std::string>& environment);

}  // namespace flatmanifest::portable

#endif  // FLATMANIFEST_PORTABLE_HOLES_H_
