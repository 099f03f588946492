#include "convert/number_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "format/cell.h"

namespace flatmanifest {
namespace {

std::string Repr(double value) {
  std::string text;
  AppendDouble(text, value);
  return text;
}

std::string IsoDate(uint32_t ordinal) {
  std::string text;
  AppendDate(text, ordinal);
  return text;
}

std::string IsoDateTime(uint64_t microseconds, uint32_t zone) {
  std::string text;
  AppendDateTime(text, microseconds, zone);
  return text;
}

TEST(IsNumberTest, TakesJsonNumbersOnly) {
  for (const char* number :
       {"0", "-0", "12", "1.5", "-1.50", "1e5", "1E+5", "1.25e-05", "0e0", "-0.0e400"}) {
    EXPECT_TRUE(IsNumber(number)) << number;
  }
  for (const char* other : {"", "-", "01", "+1", "1.", ".5", "1e", "1e+", "1.e5", "1.5.5", "1e5e5",
                            "1 ", "NaN", "Infinity", "0x1", "1e5x"}) {
    EXPECT_FALSE(IsNumber(other)) << other;
  }
}

TEST(ParseDoubleTest, IsInfiniteBeyondTheRange) {
  EXPECT_EQ(ParseDouble("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDouble("-1.8e308"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(ParseDouble("1e-400"), 0.0);
}

TEST(ParseDoubleTest, TakesEveryFormOfAJsonNumber) {
  EXPECT_EQ(ParseDouble("0"), 0.0);
  EXPECT_EQ(ParseDouble("-1.5"), -1.5);
  EXPECT_EQ(ParseDouble("1E3"), 1000.0);
  EXPECT_EQ(ParseDouble("25e-2"), 0.25);
  EXPECT_EQ(ParseDouble("1.0e+3"), 1000.0);
  EXPECT_EQ(ParseDouble("0.3333333333333333148296162562473909929394721984863281250"), 1.0 / 3);
}

TEST(ParseDoubleTest, TooSmallNumbersAreZero) {
  EXPECT_EQ(ParseDouble("1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(ParseDouble("-1e-400")));
  EXPECT_EQ(ParseDouble("5e-324"), std::numeric_limits<double>::denorm_min());
}

TEST(AppendDoubleTest, WritesPythonsRepr) {
  const std::vector<std::pair<double, std::string>> expected = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.0, "-1.0"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {2.0 / 3, "0.6666666666666666"},
      {0.1 + 0.2, "0.30000000000000004"},
      {100.0, "100.0"},
      {123.456, "123.456"},
      {1e15, "1000000000000000.0"},
      {9999999999999998.0, "9999999999999998.0"},
      {1e16, "1e+16"},
      {1.5e16, "1.5e+16"},
      {123456789012345680.0, "1.2345678901234568e+17"},
      {1e22, "1e+22"},
      {1e23, "1e+23"},
      {1e100, "1e+100"},
      {0.001, "0.001"},
      {0.0001, "0.0001"},
      {0.00012345, "0.00012345"},
      {0.00001, "1e-05"},
      {0.000012345, "1.2345e-05"},
      {1e-10, "1e-10"},
      {-1e-100, "-1e-100"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {std::numeric_limits<double>::infinity(), "Infinity"},
      {-std::numeric_limits<double>::infinity(), "-Infinity"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {-std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& [value, text] : expected) EXPECT_EQ(Repr(value), text);
}

TEST(AppendDoubleTest, AppendsToWhatIsThere) {
  std::string text = "x = ";
  AppendDouble(text, -2.5);
  EXPECT_EQ(text, "x = -2.5");
}

TEST(AppendDoubleTest, ReadsBackTheSame) {
  std::mt19937_64 random(20'240'501);
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = Repr(value);
    double read = 0;
    std::from_chars(text.data(), text.data() + text.size(), read);
    ASSERT_EQ(std::bit_cast<uint64_t>(read), std::bit_cast<uint64_t>(value)) << text;
  }
}

TEST(AppendDateTest, WritesIsoDates) {
  EXPECT_EQ(IsoDate(1), "0001-01-01");
  EXPECT_EQ(IsoDate(365), "0001-12-31");
  EXPECT_EQ(IsoDate(366), "0002-01-01");
  EXPECT_EQ(IsoDate(719'163), "1970-01-01");
  EXPECT_EQ(IsoDate(730'179), "2000-02-29");
  EXPECT_EQ(IsoDate(693'654), "1900-02-28");
  EXPECT_EQ(IsoDate(693'655), "1900-03-01");
  EXPECT_EQ(IsoDate(3'652'059), "9999-12-31");
}

TEST(AppendDateTimeTest, WritesIsoDateTimes) {
  constexpr uint64_t kDay = 86'400'000'000;
  constexpr uint64_t kEpoch = 719'162 * kDay;
  constexpr uint64_t kSecond = 1'000'000;
  EXPECT_EQ(IsoDateTime(0, 0), "0001-01-01T00:00:00");
  EXPECT_EQ(IsoDateTime(kEpoch, 0), "1970-01-01T00:00:00");
  EXPECT_EQ(IsoDateTime(kEpoch + kDay - 1, 0), "1970-01-01T23:59:59.999999");
  EXPECT_EQ(IsoDateTime(kEpoch + 1, 0), "1970-01-01T00:00:00.000001");
  EXPECT_EQ(IsoDateTime(kEpoch + 500'000, 0), "1970-01-01T00:00:00.500000");
  EXPECT_EQ(IsoDateTime(kEpoch + (3600 + 120 + 3) * kSecond, 0), "1970-01-01T01:02:03");
  EXPECT_EQ(IsoDateTime(3'652'059 * kDay - 1, 0), "9999-12-31T23:59:59.999999");
}

TEST(AppendDateTimeTest, WritesOffsets) {
  const auto zone = [](int32_t seconds) { return IsoDateTime(0, Cell::kUtc + seconds); };
  EXPECT_EQ(zone(0), "0001-01-01T00:00:00+00:00");
  EXPECT_EQ(zone(3600), "0001-01-01T00:00:00+01:00");
  EXPECT_EQ(zone(-3600), "0001-01-01T00:00:00-01:00");
  EXPECT_EQ(zone(5 * 3600 + 45 * 60), "0001-01-01T00:00:00+05:45");
  EXPECT_EQ(zone(-(9 * 3600 + 30 * 60)), "0001-01-01T00:00:00-09:30");
  EXPECT_EQ(zone(-1), "0001-01-01T00:00:00-00:00:01");
  EXPECT_EQ(zone(86'399), "0001-01-01T00:00:00+23:59:59");
  EXPECT_EQ(zone(-86'399), "0001-01-01T00:00:00-23:59:59");
  EXPECT_EQ(IsoDateTime(1, Cell::kUtc), "0001-01-01T00:00:00.000001+00:00");
}

}  // namespace
}  // namespace flatmanifest
