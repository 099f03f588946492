#include "select/methods.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "select/config_method.h"
#include "select/fqn_pattern.h"
#include "select/glob.h"
#include "select/python_text.h"
#include "select/resource_types.h"
#include "select/row_fields.h"
#include "select/state/state_methods.h"
#include "select/version_order.h"

namespace flatmanifest {

namespace {

// The rows of `included` that `matches(row)` is true for.
template <typename Matches>
RowSet Filter(const RowSet& included, Matches matches) {
  RowSet found(included.size());
  included.ForEach([&](Row row) {
    if (matches(row)) found.Insert(row);
  });
  return found;
}

// Calls `matches` once for each distinct string of a column.
template <typename Matches>
class OncePerString {
 public:
  explicit OncePerString(Matches matches) : matches_(std::move(matches)) {}
  bool operator()(StringId id) {
    const auto [entry, is_new] = answers_.try_emplace(id, false);
    if (is_new) entry->second = matches_(id);
    return entry->second;
  }

 private:
  Matches matches_;
  std::unordered_map<StringId, bool> answers_;
};

bool AnyText(const Document& document, Cell cell, const Glob& glob) {
  if (cell.is(CellKind::kString)) return glob.Matches(document.String(cell.index()));
  if (!cell.is(CellKind::kArray)) return false;
  const auto elements = document.Elements(cell);
  return std::any_of(elements.begin(), elements.end(), [&](Cell element) {
    return element.is(CellKind::kString) && glob.Matches(document.String(element.index()));
  });
}

// A method whose values are "name" or "package.name".
struct NamedKind {
  Method method;
  Collection collection;
  std::string_view what;     // of the error's beginning
  std::string_view plural;   // and its middle
  std::string_view pattern;  // and what it says to write instead
};

// The wording, mistakes included, is dbt's.
constexpr NamedKind kNamedKinds[] = {
    {Method::kExposure, Collection::kExposures, "exposure", "Exposures",
     "${{exposure_name}} or ${{exposure_package.exposure_name}}"},
    {Method::kMetric, Collection::kMetrics, "metric", "Metrics",
     "${{metric_name}} or ${{metric_package.metric_name}}"},
    {Method::kSemanticModel, Collection::kSemanticModels, "semantic model", "Semantic models",
     "${{semantic_model_name}} or ${{semantic_model_package.semantic_model_name}}"},
    {Method::kSavedQuery, Collection::kSavedQueries, "saved query", "Saved queries",
     "${{saved_query_name}} or ${{saved_query_package.saved_query_name}}"},
    {Method::kUnitTest, Collection::kUnitTests, "unit test", "Saved queries",
     "${{unit_test_name}} or ${{unit_test_package_name.unit_test_name}}"},
};

// str.format() turns double braces into single ones.
std::string Formatted(std::string_view text) {
  std::string formatted;
  for (size_t i = 0; i < text.size(); ++i) {
    formatted += text[i];
    if ((text[i] == '{' || text[i] == '}') && i + 1 < text.size() && text[i + 1] == text[i]) ++i;
  }
  return formatted;
}

// The package, source and table of a value of source:; "*" for omitted parts.
struct SourceName {
  std::string_view package = "*";
  std::string_view source;
  std::string_view table = "*";
};

SourceName ParseSource(const std::string& value) {
  const auto parts = Split(value, '.');
  switch (parts.size()) {
    case 1:
      return {.source = parts[0]};
    case 2:
      return {.source = parts[0], .table = parts[1]};
    case 3:
      return {.package = parts[0], .source = parts[1], .table = parts[2]};
    default:
      throw SelectionError("Invalid source selector value \"" + value +
                           "\". Sources must be of the form `${source_name}`, "
                           "`${source_name}.${target_name}`, or "
                           "`${package_name}.${source_name}.${target_name}");
  }
}

}  // namespace

RowSet MethodSearch::Search(const Criteria& criteria, const RowSet& included) {
  if (criteria.other_value && criteria.method != Method::kConfig) {
    return SearchOther(criteria, included);
  }
  return SearchText(criteria, included);
}

RowSet MethodSearch::SearchOther(const Criteria& criteria, const RowSet& included) {
  switch (criteria.method) {
    case Method::kAccess:
      return RowSet(included.size());  // no access equals it
    case Method::kResourceType:
    case Method::kVersion:
    case Method::kState:
    case Method::kResult:
    case Method::kSourceStatus:
      return SearchText(criteria, included);  // unknown words to them, whatever their type
    case Method::kFqn:
    case Method::kTag:
    case Method::kGroup:
    case Method::kPackage:
    case Method::kFile:
    case Method::kTestName: {
      // dbt fails at the first text that would match.
      Criteria any = criteria;
      any.value = "*";
      any.other_value.reset();
      if (SearchText(any, included).empty()) return RowSet(included.size());
      break;
    }
    default:
      break;
  }
  throw SelectionError("The value of the method '" + std::string(MethodName(criteria.method)) +
                       "' must be text, not " + criteria.value);
}

RowSet MethodSearch::SearchText(const Criteria& criteria, const RowSet& included) {
  switch (criteria.method) {
    case Method::kFqn:
      return SearchFqn(criteria, included);
    case Method::kTag:
      return SearchTag(criteria, included);
    case Method::kGroup:
      return SearchGroup(criteria, included);
    case Method::kAccess:
      return SearchAccess(criteria, included);
    case Method::kPath:
      return SearchPath(criteria, included);
    case Method::kFile:
      return SearchFile(criteria, included);
    case Method::kPackage:
      return SearchPackage(criteria, included);
    case Method::kConfig:
      return SearchConfig(document_, criteria, included, warnings_);
    case Method::kTestName:
      return SearchTestName(criteria, included);
    case Method::kTestType:
      return SearchTestType(criteria, included);
    case Method::kResourceType:
      return SearchResourceType(criteria, included);
    case Method::kVersion:
      return SearchVersion(criteria, included);
    case Method::kState:
      return SearchState(document_, request_.state, dialect_, included, criteria.value, warnings_);
    case Method::kResult:
      return SearchResult(document_, request_.state, included, criteria.value);
    case Method::kSourceStatus:
      return SearchSourceStatus(document_, request_.state, included, criteria.value);
    case Method::kSource:
    case Method::kExposure:
    case Method::kMetric:
    case Method::kSemanticModel:
    case Method::kSavedQuery:
    case Method::kUnitTest:
      return SearchName(criteria, included);
    case Method::kSelector:
      break;
  }
  throw SelectionError("unknown selection method");
}

RowSet MethodSearch::SearchFqn(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  FqnPattern pattern(criteria.value, dialect_.wildcards_find_names);
  std::vector<std::string_view> fqn;
  const auto matches = [&](Row row) {
    if (CollectionOf(document_, row) == Collection::kSources) return false;
    ReadFqn(document_, row, fqn);
    const bool is_versioned = !rows.version[row].is(CellKind::kNull) &&
                              ColumnText(document_, rows.resource_type[row]) == "model";
    return pattern.Matches(fqn, is_versioned);
  };
  const FqnIndex* index = pattern.is_literal() ? tables_.names.ForOneMore(document_) : nullptr;
  if (index == nullptr) return Filter(included, matches);
  RowSet found(included.size());
  index->ForEachCandidate(pattern, [&](Row row) {
    if (included.Contains(row) && matches(row)) found.Insert(row);
  });
  return found;
}

RowSet MethodSearch::SearchTag(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  const Glob glob(criteria.value);
  // Equal lists are one list in the file.
  std::unordered_map<uint64_t, bool> answers;
  return Filter(included, [&](Row row) {
    Cell tags = rows.tags[row];
    // dbt takes a unit test's tags from its config.
    if (CollectionOf(document_, row) == Collection::kUnitTests) {
      tags = FindField(document_, rows.config[row], "tags").value_or(Cell::Null());
    }
    const auto [answer, is_new] = answers.try_emplace(tags.bits());
    if (is_new) answer->second = AnyText(document_, tags, glob);
    return answer->second;
  });
}

RowSet MethodSearch::SearchGroup(const Criteria& criteria, const RowSet& included) {
  const Glob glob(criteria.value);
  return Filter(included, [&](Row row) {
    const Collection collection = CollectionOf(document_, row);
    if (collection != Collection::kNodes && collection != Collection::kMetrics) return false;
    const auto group = FindText(document_, document_.resources().config[row], "group");
    return group && !group->empty() && glob.Matches(*group);
  });
}

RowSet MethodSearch::SearchAccess(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  return Filter(included, [&](Row row) {
    if (CollectionOf(document_, row) != Collection::kNodes) return false;
    if (ColumnText(document_, rows.resource_type[row]) != "model") return false;
    const auto access = FindText(document_, rows.value[row], "access");
    return access.value_or("protected") == criteria.value;
  });
}

RowSet MethodSearch::SearchName(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  const auto matches_column = [this](std::string_view pattern) {
    return OncePerString([this, glob = Glob(pattern)](StringId id) {
      return glob.Matches(ColumnText(document_, id));
    });
  };
  if (criteria.method == Method::kSource) {
    const SourceName name = ParseSource(criteria.value);
    auto is_package = matches_column(name.package);
    auto is_source = matches_column(name.source);
    const Glob table(name.table);
    return Filter(included, [&](Row row) {
      return CollectionOf(document_, row) == Collection::kSources &&
             is_package(rows.package_name[row]) && is_source(rows.source_name[row]) &&
             table.Matches(ColumnText(document_, rows.name[row]));
    });
  }
  const auto* kind = std::find_if(std::begin(kNamedKinds), std::end(kNamedKinds),
                                  [&](const NamedKind& k) { return k.method == criteria.method; });
  const auto parts = Split(criteria.value, '.');
  if (parts.size() > 2) {
    throw SelectionError("Invalid " + std::string(kind->what) + " selector value \"" +
                         criteria.value + "\". " + std::string(kind->plural) +
                         " must be of the form " + Formatted(kind->pattern));
  }
  auto is_package = matches_column(parts.size() == 2 ? parts[0] : "*");
  const Glob name(parts.back());
  return Filter(included, [&](Row row) {
    return CollectionOf(document_, row) == kind->collection && is_package(rows.package_name[row]) &&
           name.Matches(ColumnText(document_, rows.name[row]));
  });
}

RowSet MethodSearch::SearchPath(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  const ProjectPaths* paths = directory_paths_ ? &*directory_paths_ : nullptr;
  if (paths == nullptr) paths = &tables_.paths.Get(document_);
  const PathPattern pattern(criteria.value, *paths);
  OncePerString finds_file([&](StringId id) {
    return id != kNoString && pattern.FindsOrHolds(NormalPath(document_.String(id)));
  });
  OncePerString finds_patch([&](StringId id) {
    if (id == kNoString) return false;
    const std::string_view patch = document_.String(id);
    const size_t at = patch.find("://");
    if (at == std::string_view::npos) return false;
    const std::string_view path = patch.substr(at + 3);
    return pattern.Finds(NormalPath(path.substr(0, path.find("://"))));
  });
  return Filter(included, [&](Row row) {
    return finds_file(rows.original_file_path[row]) || finds_patch(rows.patch_path[row]);
  });
}

RowSet MethodSearch::SearchFile(const Criteria& criteria, const RowSet& included) {
  const Glob glob(criteria.value);
  OncePerString matches([&](StringId id) {
    const std::string path = NormalPath(ColumnText(document_, id));
    // Path.name and Path.stem.
    const std::string_view name =
        path == "." ? std::string_view() : std::string_view(path).substr(path.rfind('/') + 1);
    const size_t dot = name.rfind('.');
    const bool has_suffix = dot != std::string_view::npos && dot > 0 && dot + 1 < name.size();
    return glob.Matches(name) || glob.Matches(has_suffix ? name.substr(0, dot) : name);
  });
  return Filter(included,
                [&](Row row) { return matches(document_.resources().original_file_path[row]); });
}

RowSet MethodSearch::SearchPackage(const Criteria& criteria, const RowSet& included) {
  std::string_view pattern = criteria.value;
  if (pattern == "this") {
    const auto metadata = FindField(document_, document_.root(), "metadata");
    const auto project = metadata ? FindText(document_, *metadata, "project_name") : std::nullopt;
    pattern = project.value_or(pattern);
  }
  OncePerString matches([this, glob = Glob(pattern)](StringId id) {
    return glob.Matches(ColumnText(document_, id));
  });
  return Filter(included,
                [&](Row row) { return matches(document_.resources().package_name[row]); });
}

RowSet MethodSearch::SearchResourceType(const Criteria& criteria, const RowSet& included) {
  if (!IsResourceType(criteria.value)) {
    throw SelectionError("Invalid resource_type selector \"" + criteria.value + "\"");
  }
  return Filter(included, [&](Row row) {
    return ColumnText(document_, document_.resources().resource_type[row]) == criteria.value;
  });
}

RowSet MethodSearch::SearchTestName(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  const Glob glob(criteria.value);
  return Filter(included, [&](Row row) {
    const Collection collection = CollectionOf(document_, row);
    if (collection == Collection::kUnitTests) {
      return glob.Matches(ColumnText(document_, rows.name[row]));
    }
    if (collection != Collection::kNodes) return false;
    if (ColumnText(document_, rows.resource_type[row]) != "test") return false;
    const auto metadata = FindField(document_, rows.value[row], "test_metadata");
    const auto name = metadata ? FindText(document_, *metadata, "name") : std::nullopt;
    return name && glob.Matches(*name);
  });
}

RowSet MethodSearch::SearchTestType(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  const std::string& value = criteria.value;
  bool generic = false;
  bool singular = false;
  bool unit = false;
  // dbt tests whether the value is a substring of these words, not whether it is one of them.
  const auto is_part_of = [&](std::string_view word) {
    return word.find(value) != std::string_view::npos;
  };
  if (value == "generic" || value == "schema") {
    generic = true;
  } else if (is_part_of("data")) {
    generic = singular = true;
  } else if (is_part_of("singular")) {
    singular = true;
  } else if (is_part_of("unit")) {
    unit = true;
  } else {
    throw SelectionError("Invalid test type selector " + value +
                         R"(: expected "generic", "singular", "unit", or "data")");
  }
  return Filter(included, [&](Row row) {
    const Collection collection = CollectionOf(document_, row);
    if (collection == Collection::kUnitTests) return unit;
    if (collection != Collection::kNodes) return false;
    if (ColumnText(document_, rows.resource_type[row]) != "test") return false;
    const auto metadata = FindField(document_, rows.value[row], "test_metadata");
    return metadata && metadata->is(CellKind::kObject) ? generic : singular;
  });
}

RowSet MethodSearch::SearchVersion(const Criteria& criteria, const RowSet& included) {
  const ResourceColumns& rows = document_.resources();
  const std::string& value = criteria.value;
  const bool is_known =
      value == "latest" || value == "prerelease" || value == "old" || value == "none";
  return Filter(included, [&](Row row) {
    if (CollectionOf(document_, row) != Collection::kNodes) return false;
    if (ColumnText(document_, rows.resource_type[row]) != "model") return false;
    if (!is_known) {
      throw SelectionError("Invalid version type selector " + value +
                           R"(: expected one of: "latest", "prerelease", "old", or "none")");
    }
    const Cell version = rows.version[row];
    if (value == "none") return version.is(CellKind::kNull);
    const Cell latest =
        FindField(document_, rows.value[row], "latest_version").value_or(Cell::Null());
    if (value == "latest") {
      return !version.is(CellKind::kNull) && SameVersion(document_, version, latest);
    }
    if (!IsTruthyVersion(document_, version) || !IsTruthyVersion(document_, latest)) return false;
    return value == "old" ? VersionLess(document_, version, latest)
                          : VersionLess(document_, latest, version);
  });
}

}  // namespace flatmanifest
