#include "select/yaml_selectors.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "select/python_repr.h"
#include "select/python_text.h"
#include "select/row_fields.h"

namespace flatmanifest {

namespace {

// The form in which dbt shows an error inside another: its type, and its lines indented.
std::string Shown(std::string_view message) {
  std::string shown = "Runtime Error";
  for (const std::string_view line : Split(message, '\n')) shown.append("\n  ").append(line);
  return shown;
}

class DefinitionParser {
 public:
  DefinitionParser(const Document& document, IndirectSelection indirect_selection,
                   const Dialect& dialect, const std::map<std::string, Spec, std::less<>>& known)
      : document_(document),
        guard_(document),
        indirect_selection_(indirect_selection),
        dialect_(dialect),
        known_(known) {}

  Spec ParseRoot(Cell definition) {
    if (definition.is(CellKind::kObject) && document_.Elements(definition).size() > 1 &&
        (Find(definition, "union") || Find(definition, "intersection"))) {
      std::string keys;
      for (const StringId key : document_.Keys(definition)) {
        if (!keys.empty()) keys += ',';
        keys += document_.String(key);
      }
      throw SelectionError(
          "Only a single 'union' or 'intersection' key is allowed in a root level selector "
          "definition; found " +
          keys + ".");
    }
    return Parse(definition);
  }

 private:
  std::optional<Cell> Find(Cell object, std::string_view key) const {
    return FindField(document_, object, key);
  }

  Spec Parse(Cell definition) {
    if (definition.is(CellKind::kString)) {
      Spec spec;
      spec.kind = Spec::Kind::kCriteria;
      spec.criteria =
          ParseCriteria(document_.String(definition.index()), indirect_selection_, dialect_);
      return spec;
    }
    if (!definition.is(CellKind::kObject)) {
      throw SelectionError(
          "Expected to find union, intersection, str or dict, instead found <class '" +
          TypeName(definition) + "'>: " + Str(document_, definition));
    }
    const WalkGuard::Level level(guard_, document_.Elements(definition).size());
    if (Find(definition, "union")) return ParseGroup(definition, "union", Spec::Kind::kUnion);
    if (Find(definition, "intersection")) {
      return ParseGroup(definition, "intersection", Spec::Kind::kIntersection);
    }
    return ParseDict(definition);
  }

  // The elements of definition[key], which must be dicts and strings.
  std::span<const Cell> List(Cell definition, std::string_view key) const {
    const Cell list = *Find(definition, key);
    if (!list.is(CellKind::kArray)) {
      throw SelectionError("Invalid value for key \"" + std::string(key) + "\". Expected a list.");
    }
    for (const Cell element : document_.Elements(list)) {
      if (element.is(CellKind::kObject) || element.is(CellKind::kString)) continue;
      throw SelectionError("Invalid value type <class '" + TypeName(element) + "'> in key \"" +
                           std::string(key) +
                           "\", expected dict or str (value: " + Str(document_, element) + ").");
    }
    return document_.Elements(list);
  }

  // Nothing if the list is empty.
  std::optional<Spec> ParseExclusions(Cell definition) {
    Spec united;
    for (const Cell element : List(definition, "exclude")) {
      united.components.push_back(Parse(element));
    }
    if (united.components.empty()) return std::nullopt;
    if (united.components.size() == 1) return std::move(united.components[0]);
    return united;
  }

  static Spec Without(Spec base, std::optional<Spec> exclusions) {
    if (!exclusions) return base;
    Spec difference;
    difference.kind = Spec::Kind::kDifference;
    difference.components.push_back(std::move(base));
    difference.components.push_back(std::move(*exclusions));
    return difference;
  }

  Spec ParseGroup(Cell definition, std::string_view key, Spec::Kind kind) {
    Spec group;
    group.kind = kind;
    std::optional<Spec> exclusions;
    for (const Cell element : List(definition, key)) {
      if (!Find(element, "exclude") || !element.is(CellKind::kObject)) {
        group.components.push_back(Parse(element));
        continue;
      }
      if (exclusions) {
        throw SelectionError(
            "You cannot provide multiple exclude arguments to the same selector set operator:\n" +
            Repr(document_, element));
      }
      exclusions = ParseExclusions(element);
    }
    return Without(std::move(group), std::move(exclusions));
  }

  Spec ParseDict(Cell definition) {
    const auto keys = document_.Keys(definition);
    if (keys.size() == 1) {
      return ParseCriterion(definition, Cell::String(keys[0]), document_.Elements(definition)[0]);
    }
    const auto method = Find(definition, "method");
    const auto value = Find(definition, "value");
    if (!dialect_.has_selector_method && method && method->is(CellKind::kString) &&
        document_.String(method->index()) == "selector") {
      return Inherited(value.value_or(Cell::Null()));
    }
    if (!method || !value) {
      std::string names;
      for (const StringId key : keys) {
        if (!names.empty()) names += ", ";
        names += Repr(document_.String(key));
      }
      throw SelectionError(R"(Expected either 1 key or else "method" and "value" keys, but got [)" +
                           names + "]");
    }
    std::optional<Spec> exclusions;
    if (Find(definition, "exclude")) exclusions = ParseExclusions(definition);
    return Without(ParseCriterion(definition, *method, *value), std::move(exclusions));
  }

  Spec Inherited(Cell name) const {
    const std::string text = Str(document_, name);
    const auto found = known_.find(text);
    if (found == known_.end()) {
      throw SelectionError("Existing selector definition for " + text + " not found.");
    }
    return found->second;
  }

  Spec ParseCriterion(Cell definition, Cell method, Cell value) const {
    Spec spec;
    spec.kind = Spec::Kind::kCriteria;
    Criteria& criteria = spec.criteria;
    criteria.value = Str(document_, value);
    if (!value.is(CellKind::kString)) criteria.other_value = value;
    if (method.is(CellKind::kNull)) {
      criteria.method = DefaultMethod(criteria.value);
    } else {
      SetMethod(criteria, Str(document_, method), dialect_);
    }
    criteria.indirect_selection = indirect_selection_;
    if (document_.Elements(definition).size() > 1) SetOptions(definition, criteria);
    CheckOperators(criteria, Repr(document_, definition));
    return spec;
  }

  void SetOptions(Cell definition, Criteria& criteria) const {
    criteria.parents_depth = Depth(Find(definition, "parents_depth"));
    criteria.children_depth = Depth(Find(definition, "children_depth"));
    criteria.childrens_parents = IsTrue(Find(definition, "childrens_parents"));
    criteria.parents = IsTrue(Find(definition, "parents"));
    criteria.children = IsTrue(Find(definition, "children"));
    if (const auto mode = Find(definition, "indirect_selection")) {
      criteria.indirect_selection = ParseIndirectSelection(Str(document_, *mode));
    }
  }

  // bool(value).
  bool IsTrue(std::optional<Cell> value) const {
    if (!value) return false;
    if (value->is(CellKind::kString)) return !document_.String(value->index()).empty();
    if (value->is_container()) return !document_.Elements(*value).empty();
    const auto number = NumberOf(document_, *value);
    return number && *number != 0;
  }

  // int(value); any depth for a false value, zero among them.
  uint64_t Depth(std::optional<Cell> value) const {
    if (!IsTrue(value)) return kAnyDepth;
    if (const auto number = NumberOf(document_, *value)) {
      return *number < 1 ? 0 : static_cast<uint64_t>(std::min(*number, 1e18));
    }
    const std::string text = Str(document_, *value);
    for (size_t at = 0; at < text.size();) {
      if (DecimalDigit(NextCodePoint(text, at)) < 0) {
        throw SelectionError("Invalid node spec - could not handle parent depth " + text);
      }
    }
    return ParseDepth(text);
  }

  const Document& document_;
  WalkGuard guard_;
  const IndirectSelection indirect_selection_;
  const Dialect& dialect_;
  const std::map<std::string, Spec, std::less<>>& known_;
};

}  // namespace

YamlSelectors::YamlSelectors(const Document& document, IndirectSelection indirect_selection,
                             const Dialect& dialect) {
  const auto listed = FindField(document, document.root(), "selectors");
  if (!listed || !listed->is(CellKind::kObject)) return;
  std::map<std::string, Spec, std::less<>> known;
  try {
    for (const Cell selector : document.Elements(*listed)) {
      const auto name = FindText(document, selector, "name");
      const auto definition = FindField(document, selector, "definition");
      if (!name || !definition) throw SelectionError("a selector without name or definition");
      DefinitionParser parser(document, indirect_selection, dialect, known);
      Spec spec = parser.ParseRoot(*definition);
      known[std::string(*name)] = spec;
      const auto is_default = FindField(document, selector, "default");
      if (is_default && is_default->is(CellKind::kTrue) && !default_) default_ = selectors_.size();
      selectors_.push_back({std::string(*name), std::move(spec), Str(document, *definition)});
    }
  } catch (const SelectionError& error) {
    throw SelectionError("Could not read selector file data: " + Shown(error.message()));
  }
}

const Spec& YamlSelectors::Find(const std::string& name) const {
  std::string names;
  for (const Selector& selector : selectors_) {
    if (selector.name == name) return selector.spec;
    names += (names.empty() ? "" : ", ") + Repr(selector.name);
  }
  throw SelectionError("Could not find selector named " + name + ", expected one of [" + names +
                       "]");
}

}  // namespace flatmanifest
