#include "format/text.h"

#include <simdjson.h>

namespace flatmanifest {

namespace {

constexpr char kSurrogateLead = '\xED';

unsigned ByteAt(std::string_view text, size_t at) { return static_cast<unsigned char>(text[at]); }

}  // namespace

std::optional<uint16_t> SurrogateAt(std::string_view text, size_t at) {
  if (text.size() - at < kSurrogateSize || text[at] != kSurrogateLead) return std::nullopt;
  const unsigned second = ByteAt(text, at + 1);
  const unsigned third = ByteAt(text, at + 2);
  if (second < 0xA0 || second > 0xBF || third < 0x80 || third > 0xBF) return std::nullopt;
  return static_cast<uint16_t>(0xD000 | (second & 0x3F) << 6 | (third & 0x3F));
}

void AppendSurrogate(std::string& text, uint16_t unit) {
  text += kSurrogateLead;
  text += static_cast<char>(0x80 | (unit >> 6 & 0x3F));
  text += static_cast<char>(0x80 | (unit & 0x3F));
}

bool IsText(std::string_view bytes) {
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return true;
  // Checks the text between surrogates: no other character has their first byte before such a
  // second one.
  size_t begin = 0;
  for (size_t at = bytes.find(kSurrogateLead); at != std::string_view::npos;
       at = bytes.find(kSurrogateLead, at)) {
    if (!SurrogateAt(bytes, at)) {
      ++at;
      continue;
    }
    if (!simdjson::validate_utf8(bytes.data() + begin, at - begin)) return false;
    at += kSurrogateSize;
    begin = at;
  }
  return simdjson::validate_utf8(bytes.data() + begin, bytes.size() - begin);
}

}  // namespace flatmanifest
