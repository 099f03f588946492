#include "front/document_builder.h"

#include "convert/convert.h"

namespace flatmanifest::front {

Cell DocumentBuilder::Texts(const std::vector<std::string>& texts) {
  std::vector<Cell> cells;
  cells.reserve(texts.size());
  for (const std::string& text : texts) cells.push_back(Text(text));
  return Array(cells);
}

Cell DocumentBuilder::Object(const Members& members) {
  std::vector<StringId> keys;
  std::vector<Cell> values;
  for (const auto& [name, value] : members) {
    keys.push_back(writer_.AddString(name));
    values.push_back(value);
  }
  return Count(writer_.AddObject(keys, values));
}

Cell DocumentBuilder::Of(const Snapshot& snapshot) {
  return Array({Unsigned(snapshot.digest_low), Unsigned(snapshot.digest_high),
                Unsigned(snapshot.file_count), Integer(snapshot.taken_ns),
                Texts(snapshot.by_content)});
}

Cell DocumentBuilder::Copy(const Document& from, Cell value, const Copier::Change& change) {
  const Copier::Copied copied = Copier(from, writer_, change).Copy(value);
  value_count_ += copied.value_count;
  return Count(copied.cell);
}

FileImage DocumentBuilder::Finish(Cell root, uint64_t generation) && {
  return FinishManifest(
      std::move(writer_), root,
      {.kind = DocumentKind::kInternal, .generation = generation, .value_count = value_count_});
}

}  // namespace flatmanifest::front
