#include "portable/holes.h"

#include <algorithm>
#include <string_view>

#include "format/error.h"

namespace flatmanifest::portable {

namespace {

std::string JsonText(const std::string& text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char character) {
    return ' ' <= character && character <= '~' && character != '"' && character != '\\';
  });
  if (!is_plain) throw FormatError("the path " + text + " would have to be escaped");
  return '"' + text + '"';
}

// A number with its most significant byte first.
void AppendNumber(uint64_t number, int bytes, std::string& packed) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    packed += static_cast<char>(number >> shift);
  }
}

void AppendMsgpack(std::string_view text, std::string& packed) {
  const size_t size = text.size();
  if (size < 32) {
    packed += static_cast<char>(0xA0 | size);
  } else if (size <= 0xFF) {
    packed += '\xD9';
    AppendNumber(size, 1, packed);
  } else if (size <= 0xFFFF) {
    packed += '\xDA';
    AppendNumber(size, 2, packed);
  } else {
    packed += '\xDB';
    AppendNumber(size, 4, packed);
  }
  packed += text;
}

std::string MsgpackVariables(const std::vector<std::string>& names,
                             const std::map<std::string, std::string>& environment) {
  std::string packed;
  if (names.size() < 16) {
    packed += static_cast<char>(0x80 | names.size());
  } else {
    packed += '\xDE';
    AppendNumber(names.size(), 2, packed);
  }
  for (const std::string& name : names) {
    AppendMsgpack(name, packed);
    const auto found = environment.find(name);
    AppendMsgpack(found == environment.end() ? kNoValue : found->second, packed);
  }
  return packed;
}

std::string TextOf(const Hole& hole, TextForm form, const Roots& roots,
                   const std::map<std::string, std::string>& environment) {
  if (!hole.variables.empty()) {
    if (form != TextForm::kMsgpack || hole.variables.size() > 0xFFFF) {
      throw FormatError("variables are only in msgpack");
    }
    return MsgpackVariables(hole.variables, environment);
  }
  const auto text = roots.Bound(hole.text);
  if (!text) throw FormatError("a path is below a directory that is unknown here");
  if (form == TextForm::kJson) return JsonText(*text);
  std::string packed;
  AppendMsgpack(*text, packed);
  return packed;
}

}  // namespace

Bytes Filled(std::span<const std::byte> contents, std::span<const Hole> holes, TextForm form,
             const Roots& roots, const std::map<std::string, std::string>& environment) {
  Bytes filled;
  filled.reserve(contents.size() + 64 * holes.size());
  size_t copied = 0;
  const auto copy_until = [&](size_t end) {
    if (end < copied || end > contents.size()) throw FormatError("a hole is outside its file");
    filled.insert(filled.end(), contents.begin() + static_cast<ptrdiff_t>(copied),
                  contents.begin() + static_cast<ptrdiff_t>(end));
    copied = end;
  };
  for (const Hole& hole : holes) {
    copy_until(hole.offset);
    const std::string text = TextOf(hole, form, roots, environment);
    const auto bytes = std::as_bytes(std::span(text));
    filled.insert(filled.end(), bytes.begin(), bytes.end());
  }
  copy_until(contents.size());
  return filled;
}

}  // namespace flatmanifest::portable
