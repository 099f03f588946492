#include "convert/json_writer.h"

#include <array>
#include <boost/locale/utf.hpp>
#include <charconv>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "convert/number_text.h"
#include "format/interner.h"
#include "format/scalar.h"
#include "format/text.h"
#include "format/unfolding.h"

namespace flatmanifest {

namespace {

namespace utf = boost::locale::utf;

// Containers with shorter text are written again rather than remembered.
constexpr size_t kWorthRemembering = 64;
// Bytes of text for each string of the document, from which on a table of the strings is worth it.
constexpr size_t kTextPerString = 4;

void AppendUnicodeEscape(TextBuffer& out, unsigned unit) {
  static constexpr char kHex[] = "0123456789abcdef";
  const char escape[] = {
      '\\',           'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15],
      kHex[unit & 15]};
  out.Append({escape, sizeof(escape)});
}

// The escape of a control character, quote or backslash.
void AppendAsciiEscape(TextBuffer& out, char character) {
  switch (character) {
    case '"':
      out.Append("\\\"");
      return;
    case '\\':
      out.Append("\\\\");
      return;
    case '\n':
      out.Append("\\n");
      return;
    case '\r':
      out.Append("\\r");
      return;
    case '\t':
      out.Append("\\t");
      return;
    case '\f':
      out.Append("\\f");
      return;
    case '\b':
      out.Append("\\b");
      return;
    default:
      AppendUnicodeEscape(out, static_cast<unsigned char>(character));
  }
}

// Characters that json.dumps does not escape. (Not DEL: json.encoder.ESCAPE_ASCII.)
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

// Whether all eight bytes are plain; otherwise the highest bit of each byte of `unplain` that is
// not is set.
bool AllPlain(uint64_t bytes) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t quote = bytes ^ (kEach * '"');
  const uint64_t backslash = bytes ^ (kEach * '\\');
  const uint64_t unplain = (quote - kEach) | (backslash - kEach) | (bytes - kEach * 0x20) |
                           (bytes + kEach) | bytes;  // + 1 finds DEL
  return (unplain & (kEach * 0x80)) == 0;
}

const char* SkipPlain(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    uint64_t bytes;
    std::memcpy(&bytes, at, sizeof(bytes));
    if (!AllPlain(bytes)) break;
  }
  while (at != end && kPlain[static_cast<unsigned char>(*at)]) ++at;
  return at;
}

// Appends the text. Returns false if it is not UTF-8; then a part of it may have been appended.
bool AppendQuoted(std::string_view text, TextBuffer& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  out.Append('"');
  for (;;) {
    const char* const run = at;
    at = SkipPlain(at, end);
    out.Append({run, static_cast<size_t>(at - run)});
    if (at == end) break;
    if (static_cast<unsigned char>(*at) < 0x80) {
      AppendAsciiEscape(out, *at++);
      continue;
    }
    const char* const character = at;
    const utf::code_point point = utf::utf_traits<char>::decode(at, end);
    if (point == utf::illegal || point == utf::incomplete) {
      const auto surrogate = SurrogateAt({character, end}, 0);
      if (!surrogate) return false;
      AppendUnicodeEscape(out, *surrogate);
      at = character + kSurrogateSize;
      continue;
    }
    if (point < 0x10000) {
      AppendUnicodeEscape(out, point);
    } else {
      AppendUnicodeEscape(out, 0xD800 + ((point - 0x10000) >> 10));
      AppendUnicodeEscape(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  out.Append('"');
  return true;
}

// Reserves room for the text. dbt's manifests unfold to about three times their file, and memory
// that is not written to costs nothing.
size_t ExpectedSize(const Document& document, Cell cell) {
  return cell == document.root() ? document.bytes().size() * 3 : 0;
}

}  // namespace

class JsonWriter::Impl {
 public:
  Impl(const Document& document, TextBuffer& out)
      : document_(document),
        out_(out),
        start_(out.size()),
        most_text_(kJsonPerText * MostText(document.bytes().size())) {}

  void Write(Cell cell) {
    begin_ = out_.size();
    if (cell == document_.root()) RememberStrings();
    guard_.emplace(document_);
    WriteValue(cell);
  }

 private:
  // The position of a value that was written before.
  struct Place {
    size_t begin = 0;
    size_t length = 0;  // 0: not written yet
  };
  struct Container {
    Cell cell;
    Place place;
    uint64_t values;  // what the container holds, all levels
  };

  // Fibonacci hashing: the high bits, which the index uses, depend on all bits of the cell.
  static uint64_t Hash(Cell cell) { return cell.bits() * 0x9E3779B97F4A7C15; }

  void Repeat(const Place& place) {
    if (out_.size() - begin_ + place.length > most_text_) FailTooLarge();
    out_.Repeat(place.begin, place.length);
  }

  // Only repetitions make a text far larger than its file.
  [[noreturn]] void FailTooLarge() const {
    document_.Fail("a value unfolds to over " + std::to_string(most_text_) +
                   " bytes of JSON, which no manifest of this size does (damaged file)");
  }

  void WriteValue(Cell cell) {
    switch (cell.kind()) {
      case CellKind::kNull:
        out_.Append("null");
        return;
      case CellKind::kFalse:
        out_.Append("false");
        return;
      case CellKind::kTrue:
        out_.Append("true");
        return;
      case CellKind::kInt:
        return WriteInteger(cell.small_int());
      case CellKind::kWideInt:
        return WriteInteger(static_cast<int64_t>(document_.Wide(cell)));
      case CellKind::kWideUint:
        return WriteInteger(document_.Wide(cell));
      case CellKind::kDouble:
        return WriteByText([&](std::string& text) { AppendDouble(text, document_.Double(cell)); });
      case CellKind::kBigInt:
        return out_.Append(BigInt(document_, cell));
      case CellKind::kString:
        return WriteString(cell.index());
      case CellKind::kArray:
      case CellKind::kObject:
        return WriteContainer(cell);
      case CellKind::kDate:
        CheckDate(document_, cell.index());
        return WriteByText([&](std::string& text) {
          text += '"';
          AppendDate(text, cell.index());
          text += '"';
        });
      case CellKind::kDateTime:
        CheckDateTime(document_, document_.Wide(cell), cell.aux());
        return WriteByText([&](std::string& text) {
          text += '"';
          AppendDateTime(text, document_.Wide(cell), cell.aux());
          text += '"';
        });
    }
    document_.Fail("a value of unknown kind (damaged file)");
  }

  template <typename AppendTo>
  void WriteByText(AppendTo append) {
    std::string text;
    append(text);
    out_.Append(text);
  }

  template <typename Integer>
  void WriteInteger(Integer value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof(digits), value);
    out_.Append({digits, static_cast<size_t>(end.ptr - digits)});
  }

  void RememberStrings() { strings_.resize(document_.string_offsets().size() - 1); }

  // A table of all strings costs more than a small value of a large file, so it is made for long
  // texts alone.
  void WriteString(StringId id) {
    const std::string_view text = document_.String(id);
    if (strings_.empty()) {
      if (out_.size() - start_ < kTextPerString * document_.string_offsets().size()) {
        return AppendString(text);
      }
      RememberStrings();
    }
    Place& place = strings_[id];
    if (place.length != 0) return Repeat(place);
    const size_t begin = out_.size();
    AppendString(text);
    place = {begin, out_.size() - begin};
  }

  void AppendString(std::string_view text) {
    if (!AppendQuoted(text, out_)) document_.Fail("a string is not UTF-8 (damaged file)");
  }

  void WriteContainer(Cell cell) {
    // Equal cells are equal values, so their text is copied.
    const uint64_t hash = Hash(cell);
    const uint32_t known = container_index_.Find(
        hash, [&](uint32_t number) { return containers_[number].cell == cell; });
    if (known != Interner::kAbsent) {
      guard_->Count(containers_[known].values);
      return Repeat(containers_[known].place);
    }
    const size_t begin = out_.size();
    const uint64_t remaining = guard_->remaining();
    WriteElements(cell);
    const size_t length = out_.size() - begin;
    if (length >= kWorthRemembering) {
      container_index_.Insert(hash, static_cast<uint32_t>(containers_.size()));
      containers_.push_back({cell, {begin, length}, remaining - guard_->remaining()});
    }
  }

  void WriteElements(Cell cell) {
    const auto elements = document_.Elements(cell);
    const WalkGuard::Level level(*guard_, elements.size());
    if (cell.is(CellKind::kArray)) {
      out_.Append('[');
      for (size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) out_.Append(", ");
        WriteValue(elements[i]);
      }
      out_.Append(']');
    } else {
      const auto keys = document_.Keys(cell);
      out_.Append('{');
      for (size_t i = 0; i < elements.size(); ++i) {
        if (i != 0) out_.Append(", ");
        WriteString(keys[i]);
        out_.Append(": ");
        WriteValue(elements[i]);
      }
      out_.Append('}');
    }
  }

  const Document& document_;
  std::optional<WalkGuard> guard_;  // of the value that is being written
  TextBuffer& out_;
  const size_t start_;  // of the text of all values
  size_t begin_ = 0;    // where the value that is being written begins
  const uint64_t most_text_;
  std::vector<Place> strings_;  // by id; empty until the text is long enough
  std::vector<Container> containers_;
  Interner container_index_;
};

JsonWriter::JsonWriter(const Document& document, TextBuffer& out)
    : impl_(std::make_unique<Impl>(document, out)) {}

JsonWriter::~JsonWriter() = default;

void JsonWriter::Write(Cell cell) { impl_->Write(cell); }

void AppendJsonString(std::string_view text, TextBuffer& out) {
  if (!AppendQuoted(text, out)) throw std::invalid_argument("not UTF-8: " + std::string(text));
}

void WriteJson(const Document& document, Cell cell, TextBuffer& out) {
  out.Reserve(ExpectedSize(document, cell));
  JsonWriter(document, out).Write(cell);
}

}  // namespace flatmanifest
