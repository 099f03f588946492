#include "format/scalar.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "format/error.h"
#include "testing/message_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::MessageOf;

// The fault of the value that `add` adds to a writer; "" if there is none.
template <typename Add>
std::string Fault(Add add) {
  Writer writer;
  const Cell value = add(writer);
  const StringId key = writer.AddString("v");
  const Cell root = writer.AddObject({&key, 1}, {&value, 1});
  const FileImage image = testing::FinishWithoutResources(std::move(writer), root);
  const Document document = testing::Open(image);
  try {
    CheckScalar(document, value);
    return "";
  } catch (const FormatError& error) {
    return error.message();
  }
}

TEST(IsIntegerTest, TakesJsonIntegersOnly) {
  for (const char* integer : {"0", "-0", "7", "10", "-10", "123456789012345678901234567890"}) {
    EXPECT_TRUE(IsInteger(integer)) << integer;
  }
  for (const char* other : {"", "-", "00", "01", "-01", "+1", "1.", "1.0", "1e5", "1 ", " 1", "0x1",
                            "--1", "1-", "NaN", "\xD9\xA1"}) {
    EXPECT_FALSE(IsInteger(other)) << other;
  }
}

TEST(CheckScalarTest, IntegersOfDigitsUpToPythonsLimit) {
  const auto fault = [](const std::string& digits) {
    return Fault([&](Writer& writer) { return writer.AddBigInt(digits); });
  };
  EXPECT_EQ(fault("18446744073709551616"), "");
  EXPECT_EQ(fault("-" + std::string(kMaxDigits, '9')), "");
  EXPECT_EQ(fault(std::string(kMaxDigits + 1, '9')),
            "sample.fman: an integer of more than 4300 digits (damaged file)");
  for (const char* other : {"", "-", "shop", "1.0", "01"}) {
    EXPECT_EQ(fault(other), "sample.fman: a large integer has no digits (damaged file)");
  }
}

TEST(CheckScalarTest, DatesThatPythonHas) {
  const auto fault = [](uint32_t ordinal) {
    return Fault([&](Writer& writer) { return writer.AddDate(ordinal); });
  };
  EXPECT_EQ(fault(1), "");
  EXPECT_EQ(fault(kLastDay), "");
  for (const uint32_t other : {0U, kLastDay + 1, 0xFFFF'FFFFU}) {
    EXPECT_EQ(fault(other), "sample.fman: a date out of range (damaged file)");
  }
}

TEST(CheckScalarTest, TimesAndZonesThatPythonHas) {
  const auto fault = [](uint64_t microseconds, std::optional<int32_t> zone) {
    return Fault([&](Writer& writer) { return writer.AddDateTime(microseconds, zone); });
  };
  const uint64_t last = kLastDay * kMicrosecondsPerDay - 1;
  EXPECT_EQ(fault(0, std::nullopt), "");
  EXPECT_EQ(fault(last, kSecondsPerDay - 1), "");
  EXPECT_EQ(fault(last, 1 - kSecondsPerDay), "");
  for (const uint64_t other : {last + 1, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_EQ(fault(other, 0), "sample.fman: a datetime out of range (damaged file)");
  }
  for (const int32_t zone : {kSecondsPerDay, -kSecondsPerDay, -99'999, 200'000'000}) {
    EXPECT_EQ(fault(0, zone), "sample.fman: a time zone out of range (damaged file)");
  }
}

TEST(CheckScalarTest, NumbersOutsideTheFileAndUnknownKinds) {
  EXPECT_EQ(Fault([](Writer&) { return Cell::Make(CellKind::kDouble, 0, 7); }),
            "sample.fman: wide value 7 does not exist");
  EXPECT_EQ(Fault([](Writer&) { return Cell::Make(static_cast<CellKind>(13), 0, 0); }),
            "sample.fman: a value of unknown kind (damaged file)");
}

}  // namespace
}  // namespace flatmanifest
