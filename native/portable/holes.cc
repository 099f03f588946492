#include "portable/holes.h"

#include <algorithm>
#include <string_view>
#include <utility>

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

std::optional<std::string> MsgpackTextAt(std::string_view packed, size_t begin) {
  if (begin >= packed.size()) return std::nullopt;
  const auto first = static_cast<unsigned char>(packed[begin]);
  size_t head = 1;
  size_t size = 0;
  if ((first & 0xE0) == 0xA0) {
    size = first & 0x1F;
  } else if (first >= 0xD9 && first <= 0xDB) {
    const size_t width = size_t{1} << (first - 0xD9);
    if (packed.size() - begin < 1 + width) return std::nullopt;
    for (size_t i = 0; i < width; ++i) {
      size = size << 8 | static_cast<unsigned char>(packed[begin + 1 + i]);
    }
    head += width;
  } else {
    return std::nullopt;
  }
  if (packed.size() - begin - head < size) return std::nullopt;
  return std::string(packed.substr(begin + head, size));
}

Filler::Filler(std::vector<Hole> holes, TextForm form, const Roots& roots,
               const std::map<std::string, std::string>& environment, Beginning beginning,
               TakePiece take)
    : holes_(std::move(holes)),
      form_(form),
      roots_(roots),
      environment_(environment),
      beginning_(std::move(beginning)),
      take_(std::move(take)) {
  uint64_t least = beginning_.replaced;
  for (const Hole& hole : holes_) {
    if (hole.offset < std::exchange(least, hole.offset)) {
      throw FormatError("a hole is outside its file");
    }
  }
  if (!beginning_.text.empty()) take_(std::as_bytes(std::span(beginning_.text)));
}

void Filler::Add(std::span<const std::byte> piece) {
  const auto cut = [&](uint64_t end) {
    const auto front = piece.first(static_cast<size_t>(end - offset_));
    piece = piece.subspan(front.size());
    offset_ = end;
    return front;
  };
  if (offset_ < beginning_.replaced) {
    cut(std::min<uint64_t>(beginning_.replaced, offset_ + piece.size()));
  }
  while (next_ < holes_.size() && holes_[next_].offset < offset_ + piece.size()) {
    take_(cut(holes_[next_].offset));
    TakeHole();
  }
  take_(cut(offset_ + piece.size()));
}

void Filler::Finish() {
  if (offset_ < beginning_.replaced) throw FormatError("a beginning is outside its file");
  while (next_ < holes_.size() && holes_[next_].offset == offset_) TakeHole();
  if (next_ < holes_.size()) throw FormatError("a hole is outside its file");
}

void Filler::TakeHole() {
  const std::string text = TextOf(holes_[next_], form_, roots_, environment_);
  ++next_;
  take_(std::as_bytes(std::span(text)));
}

Bytes Filled(std::span<const std::byte> contents, std::span<const Hole> holes, TextForm form,
             const Roots& roots, const std::map<std::string, std::string>& environment) {
  Bytes filled;
  filled.reserve(contents.size() + 64 * holes.size());
  Filler filler({holes.begin(), holes.end()}, form, roots, environment, {},
                [&](std::span<const std::byte> piece) {
                  filled.insert(filled.end(), piece.begin(), piece.end());
                });
  filler.Add(contents);
  filler.Finish();
  return filled;
}

}  // namespace flatmanifest::portable
