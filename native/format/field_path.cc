#include "format/field_path.h"

#include <charconv>

namespace flatmanifest {

namespace {

// The member of a container that one step of a path names.
std::optional<Cell> Step(const Document& document, Cell container, std::string_view step) {
  if (container.is(CellKind::kObject)) return document.Find(container, step);
  if (!container.is(CellKind::kArray)) return std::nullopt;
  size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const auto elements = document.Elements(container);
  const bool whole = error == std::errc() && end == step.data() + step.size();
  if (!whole || index >= elements.size()) return std::nullopt;
  return elements[index];
}

}  // namespace

std::optional<Cell> FindPath(const Document& document, Cell start, std::string_view path) {
  if (!start.is_container()) return std::nullopt;
  if (const auto value = Step(document, start, path)) return value;
  // Tries the longest first key first and the shortest, which may be empty, last.
  std::string_view first = path;
  for (size_t dot = first.rfind('.'); dot != std::string_view::npos; dot = first.rfind('.')) {
    first = path.substr(0, dot);
    if (const auto inner = Step(document, start, first)) {
      if (const auto value = FindPath(document, *inner, path.substr(dot + 1))) return value;
    }
  }
  return std::nullopt;
}

}  // namespace flatmanifest
