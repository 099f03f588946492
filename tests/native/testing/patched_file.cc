#include "testing/patched_file.h"

#include <gtest/gtest.h>

#include "testing/reseal.h"
#include "testing/sample_manifest.h"

namespace flatmanifest::testing {

PatchedFile::PatchedFile() : PatchedFile(Convert(SampleManifest())) {}

PatchedFile::PatchedFile(const FileImage& image)
    : bytes_(image.bytes().begin(), image.bytes().end()) {}

Document PatchedFile::Open() const { return Document::Open(bytes_, kSampleName); }

Document PatchedFile::OpenSealed() {
  EXPECT_TRUE(Reseal(bytes_));
  return Open();
}

}  // namespace flatmanifest::testing
