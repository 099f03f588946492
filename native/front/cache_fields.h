// Reads the small files that Python and this room share. A value that is missing or of another type
// throws FormatError.

#ifndef FLATMANIFEST_FRONT_CACHE_FIELDS_H_
#define FLATMANIFEST_FRONT_CACHE_FIELDS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "freshness/snapshot.h"
#include "store/manifest_file.h"

namespace flatmanifest::front {

// Opens a cache file, which must be trusted (store/trust.h), and checks its checksum. Throws
// FormatError, IoError.
std::shared_ptr<const ManifestFile> OpenChecked(const std::string& path);

// The path of a file that belongs to the entry KEY.fman: KEY.state.fman is "state".
std::string Beside(const std::string& entry, std::string_view kind);

// An object of a cache file. Borrows the document.
class Fields {
 public:
  explicit Fields(const Document& document) : Fields(document, document.root()) {}
  Fields(const Document& document, Cell object) : document_(document), object_(object) {}

  bool Has(std::string_view name) const { return Find(name) && !Find(name)->is(CellKind::kNull); }
  Cell Value(std::string_view name) const;
  std::string Text(std::string_view name) const { return TextOf(Value(name)); }
  int64_t Integer(std::string_view name) const { return IntegerOf(Value(name)); }
  bool Bool(std::string_view name) const { return Value(name).is(CellKind::kTrue); }
  std::vector<std::string> Texts(std::string_view name) const;
  std::vector<Fields> Objects(std::string_view name) const;
  Fields Object(std::string_view name) const { return Fields(document_, Value(name)); }
  Snapshot SnapshotAt(std::string_view name) const;
  std::vector<std::string> Names() const;
  const Document& document() const { return document_; }
  Cell cell() const { return object_; }

 private:
  std::optional<Cell> Find(std::string_view name) const;
  std::string TextOf(Cell cell) const;
  int64_t IntegerOf(Cell cell) const;
  std::vector<std::string> TextsOf(Cell cell) const;

  const Document& document_;
  Cell object_;
};

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_CACHE_FIELDS_H_
