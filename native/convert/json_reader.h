// JSON text into a Writer's values, with simdjson.

#ifndef FLATMANIFEST_CONVERT_JSON_READER_H_
#define FLATMANIFEST_CONVERT_JSON_READER_H_

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <string>

#include "format/cell.h"
#include "format/writer.h"

namespace flatmanifest {

// Called now and then with the number of bytes read so far and of all.
using Progress = std::function<void(size_t done, size_t total)>;

struct ReadResult {
  Cell root;
  // Every value that was met, the root included.
  uint64_t value_count = 0;
};

// Adds the document to `writer`, with the values that Python's json.load has of it. The root must
// be an object. Numbers keep their type and value: integers of up to kMaxDigits, doubles to the
// bit, infinity for those beyond their range. The last of equal keys in one object wins. Beside
// what RFC 8259 allows, NaN, Infinity and -Infinity are read, which json.dumps and so dbt writes,
// UTF-16 surrogates without their partner, and a byte order mark. Throws ConvertError, "NAME: byte
// OFFSET: WHAT", for anything else, and for nesting over kMaxDepth.
ReadResult ReadJson(simdjson::padded_string_view json, const std::string& name, Writer& writer,
                    const Progress& progress);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_READER_H_
