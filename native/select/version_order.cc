#include "select/version_order.h"

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "select/python_repr.h"
#include "select/row_fields.h"

namespace flatmanifest {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// float(text); nothing if Python raises ValueError. Underscores may stand between digits; strtod's
// hexadecimal forms are not valid in Python.
std::optional<double> ParseFloat(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return std::nullopt;
  text = text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == 'x' || c == 'X' || c == '(') return std::nullopt;
    if (c != '_') {
      plain += c;
    } else if (i == 0 || i + 1 == text.size() || !IsDigit(text[i - 1]) || !IsDigit(text[i + 1])) {
      return std::nullopt;
    }
  }
  char* end = nullptr;
  const double value = std::strtod(plain.c_str(), &end);
  if (end == plain.c_str() || *end != '\0') return std::nullopt;
  return value;
}

std::optional<std::string_view> Text(const Document& document, Cell cell) {
  if (!cell.is(CellKind::kString)) return std::nullopt;
  return document.String(cell.index());
}

}  // namespace

bool IsTruthyVersion(const Document& document, Cell version) {
  if (const auto text = Text(document, version)) return !text->empty();
  const auto number = NumberOf(document, version);
  return number && *number != 0;
}

bool SameVersion(const Document& document, Cell version, Cell other) {
  const auto text = Text(document, version);
  const auto other_text = Text(document, other);
  if (text || other_text) return text == other_text;
  const auto number = NumberOf(document, version);
  return number && number == NumberOf(document, other);
}

bool VersionLess(const Document& document, Cell version, Cell other) {
  const auto value = [&](Cell cell) {
    const auto text = Text(document, cell);
    return text ? ParseFloat(*text) : NumberOf(document, cell);
  };
  const auto a = value(version);
  const auto b = value(other);
  if (a && b) return *a < *b;
  return Str(document, version) < Str(document, other);
}

}  // namespace flatmanifest
