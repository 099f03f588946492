#include "convert/number_text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <locale>
#include <sstream>
#include <string_view>

#include "format/cell.h"
#include "format/scalar.h"

namespace flatmanifest {

namespace {

// repr(float) in CPython (Objects/floatobject.c, float_repr) writes a number as digits with a point
// while its decimal exponent is in this range, and in scientific form outside it.
constexpr int kFirstScientificLow = -5;
constexpr int kFirstScientificHigh = 16;

constexpr uint64_t kMicrosecondsPerSecond = 1'000'000;

// Splits "d.ddde[+-]xx" into digits and exponent.
struct Decimal {
  std::string digits;
  int exponent;
};

Decimal ShortestDecimal(double magnitude) {
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof(text), magnitude, std::chars_format::scientific);
  const std::string_view written(text, end.ptr - text);
  const size_t e = written.find('e');
  Decimal decimal{std::string(written.substr(0, e)), 0};
  std::erase(decimal.digits, '.');
  const char* exponent = written.data() + e + 1;
  if (*exponent == '+') ++exponent;  // from_chars takes no plus sign
  std::from_chars(exponent, end.ptr, decimal.exponent);
  return decimal;
}

template <typename... Arguments>
void AppendFormat(std::string& out, const char* format, Arguments... arguments) {
  char text[48];
  const int length = std::snprintf(text, sizeof(text), format, arguments...);
  out.append(text, length);
}

}  // namespace

bool IsNumber(std::string_view token) {
  constexpr std::string_view kDigits = "0123456789";
  const auto digits = [&] {  // whether there are any at the front, which are taken away
    const size_t count = std::min(token.find_first_not_of(kDigits), token.size());
    token.remove_prefix(count);
    return count != 0;
  };
  const size_t integer = std::min(token.find_first_of(".eE"), token.size());
  if (!IsInteger(token.substr(0, integer))) return false;
  token.remove_prefix(integer);
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (!digits()) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (!digits()) return false;
  }
  return token.empty();
}

double ParseDouble(std::string_view token) {
  // Not std::from_chars: some standard libraries do not have it for doubles yet.
  std::istringstream stream{std::string(token)};
  stream.imbue(std::locale::classic());
  double value = 0;
  stream >> value;
  // A stream fails for a number that is too large (and gives the largest double), some also for one
  // that is too small.
  if (!stream.fail() || std::fabs(value) < 1) return value;
  return std::copysign(std::numeric_limits<double>::infinity(), value);
}

void AppendDouble(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::signbit(value)) out += '-';
  if (std::isinf(value)) {
    out += "Infinity";
    return;
  }
  const auto [digits, exponent] = ShortestDecimal(std::fabs(value));
  const int count = static_cast<int>(digits.size());
  if (exponent <= kFirstScientificLow || exponent >= kFirstScientificHigh) {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    AppendFormat(out, "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
  } else if (exponent < 0) {
    out.append("0.").append(-exponent - 1, '0').append(digits);
  } else if (count <= exponent + 1) {
    out.append(digits).append(exponent + 1 - count, '0').append(".0");
  } else {
    out.append(digits, 0, exponent + 1).append(".").append(digits, exponent + 1);
  }
}

void AppendDate(std::string& out, uint32_t ordinal) {
  using std::chrono::days, std::chrono::sys_days, std::chrono::year_month_day;
  const sys_days first = std::chrono::year(1) / 1 / 1;
  const year_month_day date(first + days(static_cast<int64_t>(ordinal) - 1));
  AppendFormat(out, "%04d-%02u-%02u", static_cast<int>(date.year()),
               static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

void AppendDateTime(std::string& out, uint64_t microseconds, uint32_t zone) {
  AppendDate(out, static_cast<uint32_t>(microseconds / kMicrosecondsPerDay) + 1);
  const uint64_t of_day = microseconds % kMicrosecondsPerDay;
  const auto seconds = static_cast<unsigned>(of_day / kMicrosecondsPerSecond);
  const auto fraction = static_cast<unsigned>(of_day % kMicrosecondsPerSecond);
  AppendFormat(out, "T%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (fraction != 0) AppendFormat(out, ".%06u", fraction);
  if (zone == 0) return;
  const int offset = static_cast<int>(zone) - static_cast<int>(Cell::kUtc);
  const int magnitude = std::abs(offset);
  AppendFormat(out, "%c%02d:%02d", offset < 0 ? '-' : '+', magnitude / 3600, magnitude / 60 % 60);
  if (magnitude % 60 != 0) AppendFormat(out, ":%02d", magnitude % 60);
}

}  // namespace flatmanifest
