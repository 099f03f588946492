// .fman files of unknown origin, for reader and verifier: whatever they hold, reading them throws
// FormatError at worst, and never leaves the file. What passes Verify must also be what it says.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "fuzz/read_everything.h"
#include "testing/reseal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  // Aligned, as mappings are; and no larger than the file, so that no read beyond it goes unseen.
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  flatmanifest::fuzz::ReadEverything(file);
  // Again with a header that fits, or few inputs would get past it.
  const std::vector<std::byte> before = file;
  if (flatmanifest::testing::Reseal(file) && file != before) {
    flatmanifest::fuzz::ReadEverything(file);
  }
  return 0;
}
