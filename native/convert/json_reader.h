// Reads JSON text into the values of a Writer, with simdjson.

#ifndef FLATMANIFEST_CONVERT_JSON_READER_H_
#define FLATMANIFEST_CONVERT_JSON_READER_H_

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <string>

#include "format/cell.h"
#include "format/writer.h"

namespace flatmanifest {

// Called now and then with the bytes read so far and the total.
using Progress = std::function<void(size_t done, size_t total)>;

struct ReadResult {
  Cell root;
  // The number of values read, the root included.
  uint64_t value_count = 0;
};

// Adds the document to `writer`, with the values that Python's json.load gives. The root must be an
// object. Numbers keep type and value: integers of up to kMaxDigits, doubles to the bit, infinity
// beyond their range. The last of equal keys in one object wins. Beyond RFC 8259 it reads NaN,
// Infinity and -Infinity (json.dumps, and so dbt, writes them), lone UTF-16 surrogates, and a byte
// order mark. Throws ConvertError ("NAME: byte OFFSET: WHAT") for anything else, and for nesting
// over kMaxDepth.
ReadResult ReadJson(simdjson::padded_string_view json, const std::string& name, Writer& writer,
                    const Progress& progress);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_READER_H_
