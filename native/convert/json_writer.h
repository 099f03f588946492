// A document's values as JSON text.

#ifndef FLATMANIFEST_CONVERT_JSON_WRITER_H_
#define FLATMANIFEST_CONVERT_JSON_WRITER_H_

#include "convert/text_buffer.h"
#include "format/cell.h"
#include "format/document.h"

namespace flatmanifest {

// Appends `cell` of `document` to `out`, an empty buffer, as json.dumps(value) writes it with its
// defaults, byte for byte: ", " and
// ": ", everything outside ASCII escaped (so all of it is ASCII), floats by their shortest repr.
// That is also how dbt writes manifest.json (dbt_common.clients.system, write_json), so exporting a
// converted artifact gives the same file back. Dates and datetimes, which JSON has not, become ISO
// 8601 strings as in dbt's encoder. Throws FormatError on damage.
void WriteJson(const Document& document, Cell cell, TextBuffer& out);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_CONVERT_JSON_WRITER_H_
