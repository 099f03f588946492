#include "front/blanks.h"

#include <algorithm>

namespace flatmanifest::front {

void Blanks::Fill(std::string_view text, TextBuffer& out) const {
  while (!text.empty()) {
    const auto blank = std::find_if(text.begin(), text.end(), [this](char character) {
      const auto code = static_cast<unsigned char>(character);
      return code < slots_.size() && slots_[code].is_set;
    });
    const auto length = static_cast<size_t>(blank - text.begin());
    out.Append(text.substr(0, length));
    if (blank == text.end()) return;
    out.Append(slots_[static_cast<unsigned char>(*blank)].value);
    text.remove_prefix(length + 1);
  }
}

std::string Blanks::Filled(std::string_view text) const {
  BulkText filled;
  Fill(text, filled);
  return std::string(filled.text());
}

}  // namespace flatmanifest::front
