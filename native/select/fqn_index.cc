#include "select/fqn_index.h"

#include <algorithm>
#include <functional>
#include <string>

namespace flatmanifest {

namespace {

uint32_t HashOf(std::string_view name) {
  return static_cast<uint32_t>(std::hash<std::string_view>()(name));
}

}  // namespace

void ReadFqn(const Document& document, Row row, std::vector<std::string_view>& fqn) {
  fqn.clear();
  const Cell names = document.resources().fqn[row];
  if (!names.is(CellKind::kArray)) return;
  for (const Cell name : document.Elements(names)) {
    if (name.is(CellKind::kString)) fqn.push_back(document.String(name.index()));
  }
}

FqnIndex::FqnIndex(const Document& document) {
  std::vector<std::string_view> fqn;
  std::string joined;
  for (Row row = 0; row < document.resources().graph_count; ++row) {
    ReadFqn(document, row, fqn);
    if (fqn.empty()) continue;
    joined.clear();
    for (const std::string_view name : fqn) {
      if (!joined.empty()) joined += '.';
      joined += name;
    }
    // A value may be the last name, or any beginning, with or without the package.
    Add(fqn.back(), row);
    for (const size_t begin : {size_t{0}, fqn[0].size() + 1}) {
      if (begin > joined.size()) continue;
      const std::string_view whole = std::string_view(joined).substr(begin);
      for (size_t end = whole.find('.'); end != std::string_view::npos;
           end = whole.find('.', end + 1)) {
        Add(whole.substr(0, end), row);
      }
      Add(whole, row);
    }
    const bool is_versioned = !document.resources().version[row].is(CellKind::kNull);
    if (is_versioned && fqn.size() >= 2) AddVersioned(fqn[fqn.size() - 2], fqn.back(), row);
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.hash < b.hash; });
}

void FqnIndex::Add(std::string_view name, Row row) { entries_.push_back({HashOf(name), row}); }

// A versioned model may be selected by its name, or by name and version.
void FqnIndex::AddVersioned(std::string_view name, std::string_view version, Row row) {
  Add(name, row);
  Add(std::string(name).append("_").append(version), row);
}

FqnIndex::Bounds FqnIndex::Range(std::string_view name) const {
  const uint32_t hash = HashOf(name);
  const auto begin =
      std::lower_bound(entries_.begin(), entries_.end(), hash,
                       [](const Entry& entry, uint32_t wanted) { return entry.hash < wanted; });
  auto end = begin;
  while (end != entries_.end() && end->hash == hash) ++end;
  return {static_cast<size_t>(begin - entries_.begin()),
          static_cast<size_t>(end - entries_.begin())};
}

}  // namespace flatmanifest
