#include "front/marked_entry.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

namespace flatmanifest::front {

namespace {

constexpr std::string_view kLetters = {"PTS"};  // kProject, kTarget, kPrefix
constexpr size_t kShown = 60;

using CellPlaces = std::unordered_set<uint32_t>;  // positions of cells

std::string_view AllStrings(const Document& document) {
  const auto data = document.string_data();
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// The strings in which one of the roots occurs.
std::map<StringId, std::string_view> StringsWithPaths(const Document& document,
                                                      const portable::Roots& roots) {
  std::map<StringId, std::string_view> found;
  const std::string_view all = AllStrings(document);
  const auto offsets = document.string_offsets();
  for (const std::string& root : roots.Paths(kLetters)) {
    for (size_t at = all.find(root); at != std::string_view::npos;) {
      const auto next = std::upper_bound(offsets.begin(), offsets.end(), at);
      if (next == offsets.begin() || next == offsets.end()) document.Fail("damaged strings");
      const auto id = static_cast<StringId>(next - offsets.begin() - 1);
      const std::string_view text = document.String(id);
      if (roots.OccursIn(text, kLetters)) found.emplace(id, text);
      at = all.find(root, *next);
    }
  }
  return found;
}

void AddField(const Document& document, Cell object, std::string_view name, CellPlaces& places) {
  if (!object.is(CellKind::kObject)) return;
  if (const auto position = document.FindKey(object, name)) {
    places.insert(object.index() + *position);
  }
}

// The cells in which dbt keeps absolute paths.
CellPlaces PlacesOfPaths(const Document& document) {
  CellPlaces places;
  const auto members = [&](std::string_view name) {
    const auto found = document.Find(document.root(), name);
    return found && found->is(CellKind::kObject) ? document.Elements(*found)
                                                 : std::span<const Cell>();
  };
  for (const Cell file : members("files")) {
    if (!file.is(CellKind::kObject)) continue;
    if (const auto path = document.Find(file, "path")) {
      AddField(document, *path, "project_root", places);
    }
  }
  for (const Cell node : members("nodes")) AddField(document, node, "root_path", places);
  return places;
}

[[noreturn]] void Refuse(const Document& document, std::string_view text) {
  document.Fail("it has a path in a place where dbt keeps none: " +
                std::string(text.substr(0, kShown)));
}

}  // namespace

FileImage MarkedEntry(const Document& document, const portable::Roots& roots) {
  if (portable::IsMarked(AllStrings(document))) {
    document.Fail("it has a character that marks roots");
  }
  const auto found = StringsWithPaths(document, roots);
  const CellPlaces places = PlacesOfPaths(document);
  const auto cells = document.cells();
  for (uint32_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].is(CellKind::kString)) continue;
    const auto text = found.find(cells[i].index());
    if (text != found.end() && !places.contains(i)) Refuse(document, text->second);
  }
  for (const StringId key : document.shape_keys()) {
    if (const auto text = found.find(key); text != found.end()) Refuse(document, text->second);
  }
  std::map<StringId, std::string> marked;
  for (const auto& [id, text] : found) {
    std::string relative = roots.Relative(text);
    if (!relative.starts_with(portable::kRootMark)) Refuse(document, text);
    marked.emplace(id, std::move(relative));
  }
  return CopyWithStrings(document, marked);
}

}  // namespace flatmanifest::front
