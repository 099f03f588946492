// Messages for people about a text that simdjson refused: what is wrong, and where.

#ifndef FLATMANIFEST_CONVERT_JSON_FAULT_H_
#define FLATMANIFEST_CONVERT_JSON_FAULT_H_

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace flatmanifest {

struct JsonFault {
  size_t offset;  // bytes from the start of the text
  std::string what;
};

// Finds the fault behind an error of simdjson's first pass, which gives no position. Linear in the
// text.
JsonFault FindFault(std::string_view text, simdjson::error_code error);

// Describes an error at byte `offset`.
JsonFault DescribeFault(std::string_view text, size_t offset, simdjson::error_code error);

// Names the encoding of a text that is not UTF-8, as far as its first bytes show it
// (json.detect_encoding). Nothing for UTF-8.
std::optional<std::string> EncodingFault(std::string_view text);

// Finds the wrong escape of a string; `begin` is the offset behind its opening quote.
JsonFault FindEscapeFault(std::string_view text, size_t begin);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_FAULT_H_
