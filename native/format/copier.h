// Copies values from one file into another that is being written.

#ifndef FLATMANIFEST_FORMAT_COPIER_H_
#define FLATMANIFEST_FORMAT_COPIER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "format/document.h"
#include "format/writer.h"

namespace flatmanifest {

// Borrows both. Not for several threads at once.
class Copier {
 public:
  // Gives the text of the copy of a string.
  using Change = std::function<std::string(std::string_view)>;

  // `change` is applied to every string, keys included.
  Copier(const Document& from, Writer& to, Change change = {})
      : from_(from), to_(to), change_(std::move(change)), guard_(from) {}

  struct Copied {
    Cell cell;             // in the writer
    uint64_t value_count;  // of the values below it, itself not counted
  };

  // Copies a cell of the document. Shared containers and strings are copied once. Throws
  // FormatError for a damaged document, TooLargeError.
  Copied Copy(Cell cell);

 private:
  Copied CopyContainer(Cell cell);
  StringId CopyString(StringId id);

  const Document& from_;
  Writer& to_;
  Change change_;
  WalkGuard guard_;
  std::unordered_map<uint64_t, Copied> containers_;
  std::unordered_map<StringId, StringId> strings_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_FORMAT_COPIER_H_
