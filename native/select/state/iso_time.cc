#include "select/state/iso_time.h"

#include <chrono>

namespace flatmanifest {

namespace {

// Parses numbers and marks from the beginning of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return text_.empty(); }
  bool Take(char mark) {
    if (!text_.starts_with(mark)) return false;
    text_.remove_prefix(1);
    return true;
  }
  // A number of exactly this many digits.
  std::optional<int> Digits(size_t count) {
    if (text_.size() < count) return std::nullopt;
    int number = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return number;
  }
  // The fraction behind a point, in millionths; further digits are dropped.
  int64_t Fraction() {
    int64_t millionths = 0;
    int64_t unit = 100'000;
    while (const auto digit = Digits(1)) {
      millionths += *digit * unit;
      unit /= 10;
    }
    return millionths;
  }

 private:
  std::string_view text_;
};

}  // namespace

std::optional<int64_t> ParseIsoTime(std::string_view text) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::year;
  Reader reader(text);
  const auto y = reader.Digits(4);
  if (!y || !reader.Take('-')) return std::nullopt;
  const auto m = reader.Digits(2);
  if (!m || !reader.Take('-')) return std::nullopt;
  const auto d = reader.Digits(2);
  if (!d) return std::nullopt;
  const std::chrono::year_month_day date(year(*y), month(static_cast<unsigned>(*m)),
                                         day(static_cast<unsigned>(*d)));
  if (!date.ok()) return std::nullopt;
  int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * int64_t{86'400};
  int64_t fraction = 0;
  if (reader.Take('T') || reader.Take(' ')) {
    const auto hours = reader.Digits(2);
    if (!hours || !reader.Take(':')) return std::nullopt;
    const auto minutes = reader.Digits(2);
    if (!minutes) return std::nullopt;
    seconds += *hours * 3'600 + *minutes * 60;
    if (reader.Take(':')) {
      const auto whole = reader.Digits(2);
      if (!whole) return std::nullopt;
      seconds += *whole;
      if (reader.Take('.')) fraction = reader.Fraction();
    }
  }
  const bool is_ahead = reader.Take('+');
  if (is_ahead || reader.Take('-')) {
    const auto hours = reader.Digits(2);
    reader.Take(':');
    const auto minutes = reader.Digits(2);
    if (!hours || !minutes) return std::nullopt;
    const int offset = *hours * 3'600 + *minutes * 60;
    seconds += is_ahead ? -offset : offset;
  } else {
    reader.Take('Z');
  }
  if (!reader.at_end()) return std::nullopt;
  return seconds * 1'000'000 + fraction;
}

}  // namespace flatmanifest
