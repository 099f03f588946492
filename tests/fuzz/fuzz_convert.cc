// Converts JSON of unknown origin. Either a ConvertError refuses it, or it becomes an intact file
// whose text is that of the same manifest.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "convert/convert.h"
#include "convert/json_writer.h"
#include "format/document.h"
#include "format/error.h"
#include "format/verify.h"
#include "fuzz/require.h"
#include "store/input_file.h"

namespace flatmanifest {
namespace {

using fuzz::Require;

FileImage Convert(std::string_view json) {
  PaddedText text(json.size());
  std::copy(json.begin(), json.end(), text.data());
  return ConvertJson(text.padded(), "input", {});
}

// The text of the file. Every written file must pass every check.
std::string Export(const FileImage& image) {
  const Document document = Document::Open(image.bytes(), "output");
  Verify(document);
  BulkText text;
  WriteJson(document, document.root(), text);
  return std::string(text.text());
}

void Fuzz(std::string_view json) {
  std::string first;
  try {
    first = Export(Convert(json));
  } catch (const ConvertError&) {
    return;
  }
  // The text is JSON, whatever the input was, and has the same values.
  Require(Export(Convert(first)) == first, "converting the exported text gives the same text");
}

}  // namespace
}  // namespace flatmanifest

// Any other exception leaves this function and counts as a crash.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  flatmanifest::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
