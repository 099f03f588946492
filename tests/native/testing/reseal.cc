#include "testing/reseal.h"

#include <cstdint>

#include "format/checksum.h"
#include "format/document.h"
#include "manifest_generated.h"

namespace flatmanifest::testing {

bool Reseal(std::span<std::byte> file) {
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(file.data()), file.size());
  if (!schema::VerifyManifestBuffer(verifier)) return false;
  schema::Header* header = schema::GetMutableManifest(file.data())->mutable_header();
  header->mutate_format_version(kFormatVersion);
  header->mutate_length(file.size());
  const size_t checksum_offset = reinterpret_cast<std::byte*>(header) - file.data();
  header->mutate_checksum(Checksum(file, checksum_offset));
  return true;
}

}  // namespace flatmanifest::testing
