#include "select/state/modified_macros.h"

#include <string>
#include <vector>

#include "select/python_text.h"
#include "select/request.h"

namespace flatmanifest {

namespace {

Value MacrosOf(const Document& document) { return RootOf(document).Get("macros"); }

}  // namespace

ModifiedMacros::ModifiedMacros(const Document& document, const Document& previous)
    : document_(document) {
  const Value now = MacrosOf(document);
  const Value old = MacrosOf(previous);
  ForEachMember(now, [&](std::string_view id, const Value& macro) {
    const auto before = old.Find(id);
    if (!before) {
      added_.push_back(id);
    } else if (before->Get("macro_sql").Text() != macro.Get("macro_sql").Text()) {
      changed_.push_back(id);
    }
  });
  ForEachMember(old, [&](std::string_view id, const Value&) {
    if (!now.Find(id)) removed_.push_back(id);
  });
  for (const auto* ids : {&added_, &removed_, &changed_}) {
    modified_.insert(ids->begin(), ids->end());
  }
}

bool ModifiedMacros::AreUsedBy(const Resource& resource) {
  if (modified_.empty() || resource.collection == Collection::kSources) return false;
  struct Level {
    Value macros;  // those that one resource or macro depends on
    size_t next;
  };
  const auto macros_of = [](const Value& value) { return value.Get("depends_on").Get("macros"); };
  const Value macros = MacrosOf(document_);
  std::unordered_set<std::string_view> visited;
  std::vector<Level> path = {{macros_of(resource.value), 0}};
  while (!path.empty()) {
    Level& level = path.back();
    const bool is_list = level.macros.cell.is(CellKind::kArray);
    if (!is_list || level.next == document_.Elements(level.macros.cell).size()) {
      path.pop_back();
      continue;
    }
    const Value name{&document_, document_.Elements(level.macros.cell)[level.next++]};
    if (name.is_null()) {
      throw SelectionError(
          "Node '" + std::string(resource.Get("name").Text()) + "' (in " +
          std::string(resource.Get("original_file_path").Text()) +
          ") depends on a macro or test that does not exist. This can happen when a macro or "
          "generic test is removed but is still referenced. Check for typos and/or install package "
          "dependencies with 'dbt deps'.");
    }
    const std::string_view id = name.Text();
    if (unmodified_.contains(id) || !visited.insert(id).second) continue;
    if (modified_.contains(id)) return true;
    const auto macro = macros.Find(id);
    if (!macro) throw SelectionError(Repr(id));
    path.push_back({macros_of(*macro), 0});
  }
  unmodified_.merge(visited);
  return false;
}

}  // namespace flatmanifest
