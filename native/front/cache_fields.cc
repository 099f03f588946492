#include "front/cache_fields.h"

#include "format/checksum.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

constexpr size_t kSnapshotSize = 5;

}  // namespace

std::shared_ptr<const ManifestFile> OpenChecked(const std::string& path) {
  RequireTrustedFile(path);
  auto file = ManifestFile::Open(path);
  const Document& document = file->document();
  if (Checksum(document.bytes(), document.checksum_offset()) != document.header().checksum) {
    document.Fail("the checksum is wrong (damaged file)");
  }
  return file;
}

std::string Beside(const std::string& entry, std::string_view kind) {
  return entry.substr(0, entry.rfind('.')).append(".").append(kind).append(".fman");
}

std::optional<Cell> Fields::Find(std::string_view name) const {
  return object_.is(CellKind::kObject) ? document_.Find(object_, name) : std::nullopt;
}

Cell Fields::Value(std::string_view name) const {
  const auto value = Find(name);
  if (!value) document_.Fail("it has no " + std::string(name));
  return *value;
}

std::string Fields::TextOf(Cell cell) const {
  if (!cell.is(CellKind::kString)) document_.Fail("a value is no string");
  return std::string(document_.String(cell.index()));
}

int64_t Fields::IntegerOf(Cell cell) const {
  if (cell.is(CellKind::kInt)) return cell.small_int();
  if (!cell.is(CellKind::kWideInt) && !cell.is(CellKind::kWideUint)) {
    document_.Fail("a value is no integer");
  }
  return static_cast<int64_t>(document_.Wide(cell));  // digests use all bits
}

std::vector<std::string> Fields::TextsOf(Cell cell) const {
  if (!cell.is(CellKind::kArray)) document_.Fail("a value is no list");
  std::vector<std::string> texts;
  for (const Cell element : document_.Elements(cell)) texts.push_back(TextOf(element));
  return texts;
}

std::vector<std::string> Fields::Texts(std::string_view name) const { return TextsOf(Value(name)); }

std::vector<Fields> Fields::Objects(std::string_view name) const {
  const Cell list = Value(name);
  if (!list.is(CellKind::kArray)) document_.Fail(std::string(name) + " is no list");
  std::vector<Fields> objects;
  for (const Cell element : document_.Elements(list)) objects.emplace_back(document_, element);
  return objects;
}

Snapshot Fields::SnapshotAt(std::string_view name) const {
  const Cell list = Value(name);
  if (!list.is(CellKind::kArray)) document_.Fail(std::string(name) + " is no snapshot");
  const auto parts = document_.Elements(list);
  if (parts.size() != kSnapshotSize) document_.Fail(std::string(name) + " is no snapshot");
  return {.digest_low = static_cast<uint64_t>(IntegerOf(parts[0])),
          .digest_high = static_cast<uint64_t>(IntegerOf(parts[1])),
          .file_count = static_cast<uint64_t>(IntegerOf(parts[2])),
          .taken_ns = IntegerOf(parts[3]),
          .by_content = TextsOf(parts[4])};
}

std::vector<std::string> Fields::Names() const {
  std::vector<std::string> names;
  if (!object_.is(CellKind::kObject)) return names;
  for (const StringId key : document_.Keys(object_)) names.emplace_back(document_.String(key));
  return names;
}

}  // namespace flatmanifest::front
