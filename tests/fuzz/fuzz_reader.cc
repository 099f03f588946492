// Reads and verifies .fman files of unknown origin. With any content, reading them must at worst
// throw FormatError, and never leave the file. A file that passes Verify must also keep Verify's
// promises.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/read_everything.h"
#include "testing/reseal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  // Aligned like a mapping, and no larger than the file, so that every read beyond it is seen.
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  flatmanifest::fuzz::ReadEverything(file);
  // Reads it again with a fitted header, without which few inputs would get far.
  const std::vector<std::byte> before = file;
  if (flatmanifest::testing::Reseal(file) && file != before) {
    flatmanifest::fuzz::ReadEverything(file);
  }
  return 0;
}
