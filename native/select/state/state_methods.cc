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
#include "select/state/manifest_comparison.h"
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

class StateSearch {
 public:
  // `previous.manifest` must not be null.
  StateSearch(const Document& document, const PreviousState& previous, const Dialect& dialect,
              std::vector<std::string>& warnings)
      : warnings_(warnings),
        manifests_(document, *previous.manifest, previous.compare_more_unrendered_values, dialect,
                   warnings),
        comparison_(manifests_.contents()) {}

  RowSet Search(const RowSet& included, std::string_view state) {
    const auto check = CheckOf(state);
    RowSet found(included.size());
    manifests_.ForEachResource([&](Row row, std::string_view id, const Resource& resource) {
      if (row >= included.size() || !included.Contains(row)) return;
      if (check(resource, manifests_.FindPrevious(id))) found.Insert(row);
    });
    const bool sees_removals =
        state == "modified" || state == "unmodified" || state == "modified.contract";
    if (sees_removals) {
      manifests_.ForEachRemovedModel(
          [&](std::string_view, const Resource& model) { CheckRemovedContract(model, warnings_); });
    }
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
      return [this](const Resource& now, const Old&) { return manifests_.macros().AreUsedBy(now); };
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
    const bool uses_modified_macros = manifests_.macros().AreUsedBy(now);
    const bool has_other_contract =
        old && old->IsModel() && now.IsNode() && !comparison_.SameContract(now, *old);
    return is_modified || uses_modified_macros || has_other_contract;
  }

  std::vector<std::string>& warnings_;
  ManifestComparison manifests_;
  ContentsComparison& comparison_;
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
  ForEachElement(RootOf(sources).Get("results"), [&](const Value& result) {
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
  ForEachElement(RootOf(*state.run_results).Get("results"), [&](const Value& result) {
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
