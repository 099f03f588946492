// What is wrong with a text that simdjson refused, and where, in words for people.

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

// For errors of simdjson's first pass, which names no place: looks for it. Linear in the text.
JsonFault FindFault(std::string_view text, simdjson::error_code error);

// For an error that was met at byte `offset`.
JsonFault DescribeFault(std::string_view text, size_t offset, simdjson::error_code error);

// What is wrong where the text is in another encoding than UTF-8, as far as its first bytes tell
// (json.detect_encoding). Nothing for UTF-8.
std::optional<std::string> EncodingFault(std::string_view text);

// For a string whose escapes could not be resolved; `begin` is the offset after its opening quote.
JsonFault FindEscapeFault(std::string_view text, size_t begin);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_FAULT_H_
