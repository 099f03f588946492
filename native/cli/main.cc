#include <cstdio>

#include "convert/convert.h"
#include "convert/json_writer.h"
#include "format/error.h"
#include "format/verify.h"
int main(int argc, char** argv) {
  try {
    if (argc == 4)
      flatmanifest::ConvertFile(argv[2], argv[3]);
    else {
      auto f = flatmanifest::OpenManifest(argv[1]);
      flatmanifest::Verify(f->document());
      auto s = flatmanifest::WriteJson(f->document(), f->document().root());
      fwrite(s.data(), 1, s.size(), stdout);
    }
  } catch (const flatmanifest::Error& e) {
    fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
