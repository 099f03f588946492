#include "select/state/state_methods.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "select/row_fields.h"
#include "select/state/contract_comparison.h"
#include "select/state/iso_time.h"
#include "select/state/modified_macros.h"
#include "select/state/resource.h"
#include "select/state/same_contents.h"

namespace flatmanifest {

namespace {

constexpr std::string_view kStates[] = {"new",
                                        "old",
                                        "modified",
                                        "unmodified",
                                        "modified.body",
                                        "modified.configs",
                                        "modified.persisted_descriptions",
                                        "modified.relation",
                                        "modified.macros",
                                        "modified.contract"};

// SelectorMethod.all_nodes: dbt's order, which its warnings have too.
constexpr Collection kSearched[] = {Collection::kNodes,        Collection::kSources,
                                    Collection::kExposures,    Collection::kMetrics,
                                    Collection::kUnitTests,    Collection::kSemanticModels,
                                    Collection::kSavedQueries, Collection::kFunctions};

Value Root(const Document& document) { return {&document, document.root()}; }

// Calls visit(unique_id, value) for the members of an object, in its order.
template <typename Visit>
void ForEachMember(const Value& object, Visit visit) {
  if (!object.cell.is(CellKind::kObject)) return;
  const auto keys = object.document->Keys(object.cell);
  const auto values = object.document->Elements(object.cell);
  for (size_t i = 0; i < keys.size(); ++i) {
    visit(object.document->String(keys[i]), Value{object.document, values[i]});
  }
}

// Calls visit(element) for the elements of an array.
template <typename Visit>
void ForEachElement(const Value& array, Visit visit) {
  if (!array.cell.is(CellKind::kArray)) return;
  for (const Cell cell : array.document->Elements(array.cell)) visit(Value{array.document, cell});
}

class StateSearch {
 public:
  // `previous.manifest` must not be null.
  StateSearch(const Document& document, const PreviousState& previous, const Dialect& dialect,
              std::vector<std::string>& warnings)
      : document_(document),
        previous_(*previous.manifest),
        warnings_(warnings),
        comparison_(Root(document).Get("metadata").Get("adapter_type").Text(),
                    previous.compare_more_unrendered_values, dialect, warnings) {}

  RowSet Search(const RowSet& included, std::string_view state) {
    const auto check = CheckOf(state);
    RowSet found(included.size());
    for (const Collection collection : kSearched) {
      const Value members = Root(document_).Get(CollectionName(collection));
      ForEachMember(members, [&](std::string_view id, const Value& value) {
        const Row row = document_.FindRow(id);
        if (row >= included.size() || !included.Contains(row)) return;
        if (check({value, collection}, FindPrevious(id))) found.Insert(row);
      });
    }
    const bool sees_removals =
        state == "modified" || state == "unmodified" || state == "modified.contract";
    if (sees_removals) CheckRemoved();
    return found;
  }

 private:
  using Old = std::optional<Resource>;
  using Check = std::function<bool(const Resource&, const Old&)>;

  // The check of a state, given a resource and its earlier state, if any.
  Check CheckOf(std::string_view state) {
    const auto changed = [](auto has, auto same) {
      return [has, same](const Resource& now, const Old& old) {
        return has(now) && (!old || !same(now, *old));
      };
    };
    const auto is_node = [](const Resource& now) { return now.IsNode(); };
    if (state == "new") return [](const Resource&, const Old& old) { return !old; };
    if (state == "old") return [](const Resource&, const Old& old) { return old.has_value(); };
    if (state == "modified") {
      return [this](const Resource& now, const Old& old) { return IsModified(now, old); };
    }
    if (state == "unmodified") {
      return [this](const Resource& now, const Old& old) { return !IsModified(now, old); };
    }
    if (state == "modified.body") {
      return changed(is_node, [this](const Resource& now, const Resource& old) {
        return comparison_.SameBody(now, old);
      });
    }
    if (state == "modified.configs") {
      return changed(&ContentsComparison::HasConfig,
                     [this](const Resource& now, const Resource& old) {
                       return comparison_.SameConfig(now, old);
                     });
    }
    if (state == "modified.persisted_descriptions") {
      return changed(is_node, [this](const Resource& now, const Resource& old) {
        return comparison_.SamePersistedDescription(now, old);
      });
    }
    if (state == "modified.relation") {
      return changed(&ContentsComparison::HasRelation,
                     [this](const Resource& now, const Resource& old) {
                       return comparison_.SameRelation(now, old);
                     });
    }
    if (state == "modified.macros") {
      return [this](const Resource& now, const Old&) { return Macros().AreUsedBy(now); };
    }
    return changed(is_node, [this](const Resource& now, const Resource& old) {
      return comparison_.SameContract(now, old);
    });
  }

  // StateSelectorMethod.check_modified_content.
  bool IsModified(const Resource& now, const Old& old) {
    bool is_modified = false;
    if (old) {
      is_modified = !comparison_.SameContents(now, *old);
    } else {
      // For dbt, new nodes and unit tests are modified, and other new resources are not.
      is_modified = now.IsNode() || now.collection == Collection::kUnitTests;
    }
    const bool uses_modified_macros = Macros().AreUsedBy(now);
    const bool has_other_contract =
        old && old->IsModel() && now.IsNode() && !comparison_.SameContract(now, *old);
    return is_modified || uses_modified_macros || has_other_contract;
  }

  // Warns about contracts of removed models.
  void CheckRemoved() {
    const Value disabled = Root(document_).Get("disabled");
    const Value nodes = Root(document_).Get("nodes");
    ForEachMember(Root(previous_).Get("nodes"), [&](std::string_view id, const Value& old) {
      std::optional<Value> removed;
      if (const auto entries = disabled.Find(id)) {
        ForEachElement(*entries, [&](const Value& entry) {
          if (!removed) removed = entry;
        });
      } else if (!nodes.Find(id)) {
        removed = old;
      }
      if (!removed) return;
      const Resource resource{*removed, Collection::kNodes};
      if (resource.IsModel()) CheckRemovedContract(resource, warnings_);
    });
  }

  Old FindPrevious(std::string_view id) const {
    for (const Collection collection :
         {Collection::kNodes, Collection::kSources, Collection::kExposures, Collection::kMetrics,
          Collection::kSemanticModels, Collection::kUnitTests, Collection::kSavedQueries,
          Collection::kFunctions}) {
      // Metrics before dbt 1.6 had another form; dbt ignores them.
      if (collection == Collection::kMetrics && PreviousVersion() <= 9) continue;
      const auto found = Root(previous_).Get(CollectionName(collection)).Find(id);
      if (found) return Resource{*found, collection};
    }
    return std::nullopt;
  }

  // The version of the previous manifest's schema; 12 if it has none.
  int PreviousVersion() const {
    const std::string_view schema =
        Root(previous_).Get("metadata").Get("dbt_schema_version").Text("/v12.json");
    const size_t at = schema.rfind("/v");
    return at == std::string_view::npos ? 12
                                        : std::atoi(std::string(schema.substr(at + 2)).c_str());
  }

  const ModifiedMacros& Macros() {
    if (!macros_) macros_.emplace(document_, previous_);
    return *macros_;
  }

  const Document& document_;
  const Document& previous_;
  std::vector<std::string>& warnings_;
  ContentsComparison comparison_;
  std::optional<ModifiedMacros> macros_;  // made when they are first asked for
};

RowSet RowsOf(const Document& document, const RowSet& included,
              const std::unordered_set<std::string_view>& ids) {
  RowSet found(included.size());
  for (const std::string_view id : ids) {
    const Row row = document.FindRow(id);
    if (row < included.size() && included.Contains(row)) found.Insert(row);
  }
  return found;
}

// The last load time of each source; none for sources whose check failed.
std::unordered_map<std::string_view, int64_t> LoadTimes(const Document& sources) {
  std::unordered_map<std::string_view, int64_t> times;
  ForEachElement(Root(sources).Get("results"), [&](const Value& result) {
    const auto time = ParseIsoTime(result.Get("max_loaded_at").Text());
    if (time) times[result.Get("unique_id").Text()] = *time;
  });
  return times;
}

}  // namespace

RowSet SearchState(const Document& document, const PreviousState& state, const Dialect& dialect,
                   const RowSet& included, std::string_view value,
                   std::vector<std::string>& warnings) {
  if (state.manifest == nullptr) {
    throw SelectionError("Got a state selector method, but no comparison manifest");
  }
  if (std::find(std::begin(kStates), std::end(kStates), value) == std::end(kStates)) {
    std::string states;
    for (const std::string_view known : kStates) {
      states.append(states.empty() ? "'" : ", '").append(known).append("'");
    }
    throw SelectionError("Got an invalid selector \"" + std::string(value) +
                         "\", expected one of \"[" + states + "]\"");
  }
  return StateSearch(document, state, dialect, warnings).Search(included, value);
}

RowSet SearchResult(const Document& document, const PreviousState& state, const RowSet& included,
                    std::string_view value) {
  if (state.run_results == nullptr) throw SelectionError("No comparison run_results");
  std::unordered_set<std::string_view> ids;
  ForEachElement(Root(*state.run_results).Get("results"), [&](const Value& result) {
    if (result.Get("status").Text() == value) ids.insert(result.Get("unique_id").Text());
  });
  return RowsOf(document, included, ids);
}

RowSet SearchSourceStatus(const Document& document, const PreviousState& state,
                          const RowSet& included, std::string_view value) {
  if (state.sources == nullptr) {
    throw SelectionError("No previous state comparison freshness results in sources.json");
  }
  if (state.current_sources == nullptr) {
    throw SelectionError("No current state comparison freshness results in sources.json");
  }
  std::unordered_set<std::string_view> ids;
  if (value == "fresher") {
    const auto before = LoadTimes(*state.sources);
    for (const auto& [id, time] : LoadTimes(*state.current_sources)) {
      const auto found = before.find(id);
      if (found == before.end() || time > found->second) ids.insert(id);
    }
  }
  return RowsOf(document, included, ids);
}

}  // namespace flatmanifest
