// Writes a document's values as JSON text.

#ifndef FLATMANIFEST_CONVERT_JSON_WRITER_H_
#define FLATMANIFEST_CONVERT_JSON_WRITER_H_

#include <memory>
#include <string_view>

#include "convert/text_buffer.h"
#include "format/cell.h"
#include "format/document.h"

namespace flatmanifest {

// Writes values as json.dumps(value) does by default, byte for byte: ", " and ": ", everything
// outside ASCII escaped (so the text is ASCII), floats by their shortest repr. dbt writes
// manifest.json so (dbt_common.clients.system, write_json); therefore exporting a converted
// artifact gives the same file back. Dates and datetimes, which JSON does not have, become ISO 8601
// strings as in dbt's encoder.
//
// Borrows document and buffer. The text of a repeated value is copied from the buffer.
class JsonWriter {
 public:
  JsonWriter(const Document& document, TextBuffer& out);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  // Appends a value to the buffer; others may append in between. Throws FormatError on damage, and
  // before the buffer grows beyond the limit for a file of this size (format/unfolding.h).
  void Write(Cell cell);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Appends a string that is in no document. Throws std::invalid_argument if it is not text
// (format/text.h).
void AppendJsonString(std::string_view text, TextBuffer& out);

// Appends one value to `out`.
void WriteJson(const Document& document, Cell cell, TextBuffer& out);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_WRITER_H_
