#include "select/selection.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "select/dialect.h"
#include "select/glob.h"
#include "select/methods.h"
#include "select/resource_types.h"
#include "select/row_fields.h"
#include "select/spec.h"
#include "select/yaml_selectors.h"

namespace flatmanifest {

namespace {

const Document& SelectorsDocument(const Document& document, const SelectionRequest& request) {
  return request.selectors != nullptr ? *request.selectors : document;
}

// Evaluates one spec.
class Evaluation {
 public:
  // `tests` are the members that are tests.
  Evaluation(const Document& document, const Dependencies& graph, const RowSet& members,
             const RowSet& tests, const RowSet& listed, const LazyTables& tables,
             const SelectionRequest& request, const Dialect& dialect, Selection& selection)
      : document_(document),
        selectors_document_(SelectorsDocument(document, request)),
        graph_(graph),
        members_(members),
        tests_(tests),
        listed_(listed),
        indirect_selection_(request.indirect_selection),
        dialect_(dialect),
        selection_(selection),
        methods_(document, tables, request, dialect, selection.warnings) {}

  RowSet Select(const Spec& spec) { return Evaluate(spec).direct; }

 private:
  // The selected rows, and the tests that would be selected if more of their parents were. The
  // latter may also contain all of the former.
  struct Found {
    RowSet direct;
    RowSet indirect;
  };

  Found Evaluate(const Spec& spec) {
    if (spec.kind == Spec::Kind::kCriteria) return FromCriteria(spec.criteria);
    if (spec.kind == Spec::Kind::kWritten) return FromText(spec.written);
    Found all = Nothing();
    bool is_first = true;
    for (const Spec& component : spec.components) {
      const auto kind = is_first ? Spec::Kind::kUnion : spec.kind;
      Combine(all, Evaluate(component), kind);
      is_first = false;
    }
    // dbt applies a YAML selector's indirect_selection only to its criteria; sets are eager.
    return all;
  }

  Found FromText(const WrittenUnion& written) {
    Found united = Nothing();
    for (const std::string& text : written.texts) {
      ForEachPart(text, ' ', [&](std::string_view raw) {
        Found found = Nothing();
        bool is_first = true;
        ForEachPart(raw, ',', [&](std::string_view part) {
          const auto kind = is_first ? Spec::Kind::kUnion : Spec::Kind::kIntersection;
          Combine(found, FromCriteria(ParseCriteria(part, written.indirect_selection, dialect_)),
                  kind);
          is_first = false;
        });
        IncorporateIndirect(found, written.indirect_selection);
        if (written.expect_exists && found.direct.empty()) {
          selection_.unmatched.emplace_back(raw);
          selection_.warnings.push_back("The selection criterion '" + std::string(raw) +
                                        "' does not match any enabled nodes");
        }
        Combine(united, found, Spec::Kind::kUnion);
      });
    }
    IncorporateIndirect(united, written.indirect_selection);
    return united;
  }

  Found Nothing() const { return {RowSet(graph_.size()), RowSet(graph_.size())}; }

  static void Combine(Found& all, const Found& found, Spec::Kind kind) {
    if (kind == Spec::Kind::kUnion) {
      all.direct |= found.direct;
      all.indirect |= found.direct;
      all.indirect |= found.indirect;
    } else if (kind == Spec::Kind::kIntersection) {
      all.direct &= found.direct;
      all.indirect &= found.direct | found.indirect;
    } else {
      all.direct -= found.direct;
      all.indirect -= found.direct;
      all.indirect -= found.indirect;
    }
  }

  Found FromCriteria(const Criteria& criteria) {
    const bool is_selector = criteria.method == Method::kSelector;
    const RowSet collected =
        is_selector ? FromSelectors(criteria.value) : methods_.Search(criteria, members_);
    RowSet selected = collected;
    const auto ancestors = [&](const RowSet& of, uint64_t depth) {
      return Reach(graph_.parents(), of, members_, depth);
    };
    const auto descendants = [&](const RowSet& of, uint64_t depth) {
      return Reach(graph_.children(), of, members_, depth);
    };
    if (criteria.childrens_parents) {
      selected |= descendants(collected, kAnyDepth);
      selected |= ancestors(selected, kAnyDepth);
    }
    if (criteria.parents) selected |= ancestors(collected, criteria.parents_depth);
    if (criteria.children) selected |= descendants(collected, criteria.children_depth);
    // A selector has already added its tests, and removed those that it excludes.
    if (is_selector || criteria.indirect_selection == IndirectSelection::kEmpty) {
      return {std::move(selected), RowSet(graph_.size())};
    }
    return Expand(std::move(selected), criteria.indirect_selection);
  }

  // dbt/graph/selector_methods.py, SelectorSelectorMethod, since 1.12: the results of all selectors
  // with matching names.
  RowSet FromSelectors(const std::string& pattern) {
    if (!selectors_) selectors_.emplace(selectors_document_, indirect_selection_, dialect_);
    std::map<std::string_view, const YamlSelectors::Selector*> matched;
    const Glob glob(pattern);
    for (const YamlSelectors::Selector& selector : selectors_->all()) {
      if (glob.Matches(selector.name)) matched[selector.name] = &selector;
    }
    if (matched.empty()) {
      throw SelectionError("Selector '" + pattern +
                           "' did not match any selector in selectors.yml");
    }
    RowSet found(graph_.size());
    for (const auto& [name, selector] : matched) {
      if (!open_selectors_.insert(name).second) {
        throw SelectionError("Circular dependency detected in selector: " + selector->definition);
      }
      found |= Evaluate(selector->spec).direct & listed_;
      open_selectors_.erase(name);
    }
    return found & members_;
  }

  // Adds the tests of the selected rows.
  Found Expand(RowSet selected, IndirectSelection mode) {
    Found found{selected, RowSet(graph_.size())};
    RowSet built(graph_.size());
    if (mode == IndirectSelection::kBuildable) {
      built = selected | Reach(graph_.parents(), selected, members_);
    }
    const auto is_selected = [&](Row row) { return selected.Contains(row); };
    const auto is_buildable = [&](Row row) {
      return built.Contains(row) || CollectionOf(document_, row) == Collection::kSources;
    };
    (Successors(graph_.children(), selected) & tests_).ForEach([&](Row row) {
      const bool is_direct =
          mode == IndirectSelection::kEager || DependsOnlyOn(row, is_selected) ||
          (mode == IndirectSelection::kBuildable && DependsOnlyOn(row, is_buildable));
      (is_direct ? found.direct : found.indirect).Insert(row);
    });
    return found;
  }

  // Adds the indirect tests whose parents are all selected by now.
  void IncorporateIndirect(Found& found, IndirectSelection mode) const {
    if (mode == IndirectSelection::kEager || mode == IndirectSelection::kEmpty) return;
    if (found.direct == found.indirect) return;
    RowSet parents = found.direct;
    if (mode == IndirectSelection::kBuildable) {
      parents |= Reach(graph_.parents(), found.direct, members_);
    }
    const auto is_parent = [&](Row row) { return parents.Contains(row); };
    found.indirect.ForEach([&](Row row) {
      if (CollectionOf(document_, row) == Collection::kNodes && DependsOnlyOn(row, is_parent)) {
        found.direct.Insert(row);
      }
    });
  }

  // Whether is_among is true for all dependencies of `row`.
  template <typename IsAmong>
  bool DependsOnlyOn(Row row, IsAmong is_among) const {
    const auto parents = graph_.Parents(row);
    if (!std::all_of(parents.begin(), parents.end(), is_among)) return false;
    // A dependency that is not in the graph is not selected.
    const auto depends_on = FindField(document_, document_.resources().value[row], "depends_on");
    const auto nodes = depends_on ? FindField(document_, *depends_on, "nodes") : std::nullopt;
    if (!nodes || !nodes->is(CellKind::kArray)) return true;
    std::set<StringId> names;
    for (const Cell node : document_.Elements(*nodes)) names.insert(node.index());
    return names.size() == parents.size();
  }

  const Document& document_;
  const Document& selectors_document_;
  const Dependencies& graph_;
  const RowSet& members_;
  const RowSet& tests_;
  const RowSet& listed_;
  const IndirectSelection indirect_selection_;
  const Dialect& dialect_;
  Selection& selection_;                    // its warnings
  std::optional<YamlSelectors> selectors_;  // parsed when selector: is first met
  std::set<std::string_view> open_selectors_;
  MethodSearch methods_;
};

// dbt/task/runnable.py, get_selection_spec.
Spec ParseRequest(const Document& document, const SelectionRequest& request,
                  const Dialect& dialect) {
  if (request.selector) {
    return YamlSelectors(SelectorsDocument(document, request), request.indirect_selection, dialect)
        .Find(*request.selector);
  }
  const bool is_by_hand = (request.select && !request.select->empty()) || !request.exclude.empty();
  if (!is_by_hand) {
    const YamlSelectors selectors(SelectorsDocument(document, request), request.indirect_selection,
                                  dialect);
    if (const Spec* spec = selectors.Default()) return *spec;
  }
  return ParseDifference(request.select, request.exclude, request.indirect_selection, dialect);
}

// dbt/task/base.py, resource_types_from_args, with the types that dbt/task/list.py lists.
std::set<std::string_view> ListedTypes(const SelectionRequest& request) {
  const auto require_known = [](std::string_view type) {
    if (!IsResourceType(type)) {
      throw SelectionError("'" + std::string(type) + "' is not a valid NodeType");
    }
  };
  std::set<std::string_view> types;
  const auto add_default = [&] { types.insert(std::begin(kListedTypes), std::end(kListedTypes)); };
  if (request.resource_types.empty()) add_default();
  for (const std::string& type : request.resource_types) {
    if (type == "all" || type == "default") {
      add_default();
      if (type == "all") types.insert("analysis");
    } else {
      require_known(type);
      types.insert(type);
    }
  }
  for (const std::string& type : request.exclude_resource_types) {
    require_known(type);
    types.erase(type);
  }
  return types;
}

// Whether dbt finds nothing to run in a node: CompiledNode.empty and SeedNode.empty.
bool IsEmpty(const Document& document, Row row) {
  const ResourceColumns& rows = document.resources();
  if (CollectionOf(document, row) != Collection::kNodes) return false;
  if (ColumnText(document, rows.resource_type[row]) == "seed") return false;
  const Cell value = rows.value[row];
  auto code = FindText(document, value, "raw_code");
  if (!code) code = FindText(document, value, "raw_sql");  // before dbt 1.3
  return !code || code->find_first_not_of(" \t\n\r\v\f\x1c\x1d\x1e\x1f") == std::string_view::npos;
}

// dbt/graph/selector.py, filter_selection: the members that may be shown.
RowSet ListedRows(const Document& document, const RowSet& members,
                  const SelectionRequest& request) {
  const std::set<std::string_view> types = ListedTypes(request);
  std::unordered_map<StringId, bool> is_listed;  // each type is one string
  RowSet listed(members.size());
  members.ForEach([&](Row row) {
    const auto [type, is_new] = is_listed.try_emplace(document.resources().resource_type[row]);
    if (is_new) type->second = types.contains(ColumnText(document, type->first));
    if (type->second && (request.include_empty || !IsEmpty(document, row))) listed.Insert(row);
  });
  return listed;
}

// dbt/graph/selector.py, _is_graph_member: all rows that are not disabled.
RowSet GraphMembers(const Document& document, uint32_t size) {
  RowSet members(size);
  for (Row row = 0; row < size; ++row) {
    const auto enabled = FindField(document, document.resources().config[row], "enabled");
    const bool is_disabled = enabled && enabled->is(CellKind::kFalse);
    if (!is_disabled || CollectionOf(document, row) == Collection::kExposures) members.Insert(row);
  }
  return members;
}

// dbt/graph/selector.py, can_select_indirectly.
RowSet TestsAmong(const Document& document, const RowSet& members) {
  RowSet tests(members.size());
  members.ForEach([&](Row row) {
    const std::string_view type = ColumnText(document, document.resources().resource_type[row]);
    if (type == "test" || type == "unit_test") tests.Insert(row);
  });
  return tests;
}

}  // namespace

Selector::Selector(const Document& document)
    : document_(document),
      graph_(document),
      members_(GraphMembers(document, graph_.size())),
      tests_(TestsAmong(document, members_)),
      tables_(std::make_unique<LazyTables>()) {}

Selector::~Selector() = default;

Selection Selector::Select(const SelectionRequest& request) const {
  const RowSet listed = ListedRows(document_, members_, request);
  const Dialect dialect = DialectOf(request.dbt_version ? std::string_view(*request.dbt_version)
                                                        : DbtVersion(document_));
  const Spec spec = ParseRequest(document_, request, dialect);
  Selection selection;
  if (const std::string& directory = request.state.directory_of_target; !directory.empty()) {
    selection.warnings.push_back(std::string(dialect.state_warning_tag) +
                                 "The state and target directories are the same: '" + directory +
                                 "'. This could lead to missing changes due to overwritten state "
                                 "including non-idempotent retries.");
  }
  Evaluation evaluation(document_, graph_, members_, tests_, listed, *tables_, request, dialect,
                        selection);
  selection.rows = (evaluation.Select(spec) & listed).Rows();
  if (selection.rows.empty()) selection.warnings.emplace_back("No nodes selected!");
  return selection;
}

}  // namespace flatmanifest
