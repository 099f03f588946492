// Builds the small files of the cache: objects, lists, texts and numbers.

#ifndef FLATMANIFEST_FRONT_DOCUMENT_BUILDER_H_
#define FLATMANIFEST_FRONT_DOCUMENT_BUILDER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/copier.h"
#include "format/document.h"
#include "format/writer.h"
#include "freshness/snapshot.h"

namespace flatmanifest::front {

class DocumentBuilder {
 public:
  using Members = std::vector<std::pair<std::string, Cell>>;

  Cell Text(std::string_view text) { return Count(Cell::String(writer_.AddString(text))); }
  Cell Integer(int64_t value) { return Count(writer_.AddInt(value)); }
  Cell Unsigned(uint64_t value) { return Count(writer_.AddUint(value)); }
  Cell Texts(const std::vector<std::string>& texts);
  Cell Array(const std::vector<Cell>& elements) { return Count(writer_.AddArray(elements)); }
  Cell Object(const Members& members);
  // As Fields::SnapshotAt reads it.
  Cell Of(const Snapshot& snapshot);

  // A copy of a value of another document, with `change` applied to all its strings, keys included.
  // Throws FormatError for a damaged document, and what `change` throws.
  Cell Copy(const Document& from, Cell value, const Copier::Change& change = {});

  // The file. The builder is spent afterwards. Throws TooLargeError.
  FileImage Finish(Cell root, uint64_t generation) &&;

 private:
  Cell Count(Cell cell) {
    ++value_count_;
    return cell;
  }

  Writer writer_;
  uint64_t value_count_ = 0;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_DOCUMENT_BUILDER_H_
