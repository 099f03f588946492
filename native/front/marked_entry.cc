#include "front/marked_entry.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace flatmanifest::front {

namespace {

constexpr char kLettersOfPlace[] = {portable::kProject, portable::kTarget, portable::kPrefix};
constexpr std::string_view kLetters(kLettersOfPlace, sizeof(kLettersOfPlace));
constexpr size_t kShown = 60;

using CellPlaces = std::unordered_set<uint32_t>;  // positions of cells

std::string_view AllStrings(const Document& document) {
  const auto data = document.string_data();
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

// The string that has a byte of AllStrings.
StringId StringAt(const Document& document, size_t byte) {
  const auto offsets = document.string_offsets();
  const auto next = std::upper_bound(offsets.begin(), offsets.end(), byte);
  // Offsets that are not sorted would make a search go back.
  if (next == offsets.begin() || next == offsets.end() || *next <= byte) {
    document.Fail("damaged strings");
  }
  return static_cast<StringId>(next - offsets.begin() - 1);
}

// Calls `call` with each string that has `part`, once for each string.
template <typename Call>
void ForEachStringWith(const Document& document, std::string_view part, const Call& call) {
  const std::string_view all = AllStrings(document);
  for (size_t at = all.find(part); at != std::string_view::npos;) {
    const StringId id = StringAt(document, at);
    call(id);
    at = all.find(part, document.string_offsets()[id + 1]);
  }
}

// The strings in which one of the roots occurs.
std::map<StringId, std::string_view> StringsWithPaths(const Document& document,
                                                      const portable::Roots& roots) {
  std::map<StringId, std::string_view> found;
  for (const std::string& root : roots.Paths(kLetters)) {
    ForEachStringWith(document, root, [&](StringId id) {
      const std::string_view text = document.String(id);
      if (roots.OccursIn(text, kLetters)) found.emplace(id, text);
    });
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

// Refuses a text that the document has already: its strings are distinct.
void RequireNew(const Document& document, const std::string& text) {
  ForEachStringWith(document, text, [&](StringId id) {
    if (document.String(id) == text) document.Fail("it has a text that is a path here");
  });
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

FileImage BoundEntry(const Document& document, const portable::Roots& roots) {
  std::map<StringId, std::string> bound;
  ForEachStringWith(document, {&portable::kRootMark, 1}, [&](StringId id) {
    auto text = roots.Bound(document.String(id));
    if (!text) document.Fail("it has a path below a directory that is unknown here");
    RequireNew(document, *text);
    bound.emplace(id, std::move(*text));
  });
  return CopyWithStrings(document, bound);
}

}  // namespace flatmanifest::front
