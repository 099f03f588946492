#include "select/state/same_contents.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>
#include <span>
#include <utility>

#include "select/state/field_defaults.h"

namespace flatmanifest {

namespace {

using Fields = std::initializer_list<std::string_view>;

bool SameFields(const Resource& now, const Resource& old, Fields fields) {
  return std::all_of(fields.begin(), fields.end(),
                     [&](std::string_view field) { return Equal(now.Get(field), old.Get(field)); });
}

// Compares parts that dbt has classes for, and fields with defaults other than None.
bool SameParts(const Resource& now, const Resource& old, std::initializer_list<PartField> fields) {
  return std::all_of(fields.begin(), fields.end(), [&](const PartField& field) {
    return SameField(now.value, old.value, field);
  });
}

constexpr PartField kDescription = {"description", {}, FieldDefault::kEmpty};
constexpr PartField kTags = {"tags", {}, FieldDefault::kEmpty};
constexpr PartField kMetricType = {.name = "type", .ignores_case = true};

PartField ConfigOf(const Resource& resource) {
  const bool is_query = resource.collection == Collection::kSavedQueries;
  return {"config", is_query ? &kSavedQueryConfig : &kSemanticModelConfig, FieldDefault::kInstance};
}

// Fields of configs that dbt does not compare (CompareBehavior.Exclude), by class.
std::span<const std::string_view> UncomparedConfig(const Resource& resource) {
  static constexpr std::string_view kNode[] = {"alias", "schema", "database", "tags", "group"};
  static constexpr std::string_view kGroup[] = {"group"};
  if (resource.IsNode()) return kNode;
  if (resource.collection == Collection::kMetrics) return kGroup;
  return {};
}

// BaseConfig.same_contents.
bool SameUnrendered(const Value& now, const Value& old,
                    std::span<const std::string_view> uncompared) {
  const auto keys_agree = [&](const Value& a, const Value& b) {
    if (!a.cell.is(CellKind::kObject)) return true;
    const auto keys = a.document->Keys(a.cell);
    const auto values = a.document->Elements(a.cell);
    for (size_t i = 0; i < keys.size(); ++i) {
      const std::string_view key = a.document->String(keys[i]);
      if (std::find(uncompared.begin(), uncompared.end(), key) != uncompared.end()) continue;
      const auto other = b.Find(key);
      if (!other || !Equal({a.document, values[i]}, *other)) return false;
    }
    return true;
  };
  return keys_agree(now, old) && keys_agree(old, now);
}

// TestConfig.same_contents: only fields that change the outcome of a test.
bool SameTestConfig(const Value& now, const Value& old) {
  const Fields compared = {"severity", "where",    "limit",          "fail_calc",
                           "warn_if",  "error_if", "store_failures", "store_failures_as"};
  return std::all_of(compared.begin(), compared.end(), [&](std::string_view key) {
    const auto value = now.Find(key);
    const auto old_value = old.Find(key);
    return value && old_value ? Equal(*value, *old_value) : !value && !old_value;
  });
}

bool SameDependencies(const Resource& now, const Resource& old) {
  const auto nodes = [](const Resource& resource) {
    std::set<std::string_view> ids;
    const Value list = resource.Get("depends_on").Get("nodes");
    if (!list.cell.is(CellKind::kArray)) return ids;
    for (const Cell cell : list.document->Elements(list.cell)) {
      ids.insert(Value{list.document, cell}.Text());
    }
    return ids;
  };
  return nodes(now) == nodes(old);
}

// SavedQuery.same_exports.
bool SameExports(const Value& now, const Value& old) {
  const auto size = [](const Value& list) {
    return list.cell.is(CellKind::kArray) ? list.document->Elements(list.cell).size() : 0;
  };
  if (size(now) != size(old)) return false;
  for (size_t i = 0; i < size(now); ++i) {
    const Value a{now.document, now.document->Elements(now.cell)[i]};
    const Value b{old.document, old.document->Elements(old.cell)[i]};
    if (!Equal(a.Get("name"), b.Get("name"))) return false;
    for (const std::string_view key : {"export_as", "schema", "alias"}) {
      if (!Equal(a.Get("unrendered_config").Get(key), b.Get("unrendered_config").Get(key))) {
        return false;
      }
    }
  }
  return true;
}

bool SameQuery(const Value& now, const Value& old) {
  return Equal(now.Get("metrics"), old.Get("metrics")) &&
         Equal(now.Get("group_by"), old.Get("group_by")) &&
         SameField(now, old, {"where", &kWhereFilters});
}

// Compares the descriptions of the columns of both, if both have the same columns.
bool SameColumnDescriptions(const Value& now, const Value& old) {
  const auto size = [](const Value& columns) {
    return columns.cell.is(CellKind::kObject) ? columns.document->Elements(columns.cell).size() : 0;
  };
  if (size(now) != size(old)) return false;
  if (size(now) == 0) return true;
  const auto keys = now.document->Keys(now.cell);
  return std::all_of(keys.begin(), keys.end(), [&](StringId id) {
    const std::string_view key = now.document->String(id);
    const auto other = old.Find(key);
    return other && SameField(now.Get(key), *other, kDescription);
  });
}

template <typename Part>
bool CompareFields(const Resource& now, const Resource& old, Part& part, Fields fields) {
  return std::all_of(fields.begin(), fields.end(), [&](std::string_view field) {
    return part(field, [&] { return Equal(now.Get(field), old.Get(field)); });
  });
}

template <typename Part>
bool CompareFieldParts(const Resource& now, const Resource& old, Part& part,
                       std::initializer_list<PartField> fields) {
  return std::all_of(fields.begin(), fields.end(), [&](const PartField& field) {
    return part(field.name, [&] { return SameField(now.value, old.value, field); });
  });
}

}  // namespace

bool ContentsComparison::SameBody(const Resource& now, const Resource& old) {
  if (now.type() != "seed") {
    const auto code = [](const Resource& node) {
      const auto raw = node.value.Find("raw_code");
      return raw ? raw->Text() : node.Get("raw_sql").Text();  // before dbt 1.3
    };
    return code(now) == code(old);
  }
  const Value checksum = now.Get("checksum");
  const bool is_same = SamePart(checksum, old.Get("checksum"), kFileHash);
  if (checksum.Get("name").Text() != "path") return is_same;
  // The seed is too large to be hashed.
  const std::string limit(dialect_.seed_limit);
  const std::string seed = "Found a seed (" + std::string(now.Get("package_name").Text()) + "." +
                           std::string(now.Get("name").Text()) + ") >" + limit + " in size";
  if (old.Get("checksum").Get("name").Text() != "path") {
    warnings_.push_back(seed + ". The previous file was <=" + limit + ", so it has changed");
  } else if (is_same) {
    warnings_.push_back(
        seed + " at the same path, dbt cannot tell if it has changed: assuming they are the same");
  } else {
    warnings_.push_back(seed +
                        ". The previous file was in a different location, assuming it has changed");
  }
  return is_same;
}

bool ContentsComparison::SameConfig(const Resource& now, const Resource& old) const {
  if (now.collection == Collection::kSemanticModels ||
      now.collection == Collection::kSavedQueries) {
    return SameParts(now, old, {ConfigOf(now)});
  }
  if (now.type() == "test") {
    return SameTestConfig(now.Get("unrendered_config"), old.Get("unrendered_config"));
  }
  return SameUnrendered(now.Get("unrendered_config"), old.Get("unrendered_config"),
                        UncomparedConfig(now));
}

bool ContentsComparison::SamePersistedDescription(const Resource& now, const Resource& old) const {
  if (now.type() == "test") return true;  // its config has no persist_docs
  const Value persisted = now.Get("config").Get("persist_docs");
  if (persisted.Get("relation").IsTrue() && !SameParts(now, old, {kDescription})) return false;
  return !persisted.Get("columns").IsTrue() ||
         SameColumnDescriptions(now.Get("columns"), old.Get("columns"));
}

bool ContentsComparison::SameRelation(const Resource& now, const Resource& old) const {
  if (now.collection == Collection::kSources) {
    return SameFields(now, old, {"identifier"}) &&
           (compare_more_unrendered_values_
                ? SameFields(now, old, {"unrendered_database", "unrendered_schema"})
                : SameFields(now, old, {"database", "schema"}));
  }
  const Value config = now.Get("unrendered_config");
  const Value old_config = old.Get("unrendered_config");
  const Fields names = {"database", "schema", "alias"};
  return std::all_of(names.begin(), names.end(), [&](std::string_view name) {
    return Equal(config.Get(name), old_config.Get(name));
  });
}

bool ContentsComparison::SameContract(const Resource& now, const Resource& old) {
  return !now.IsModel() || flatmanifest::SameContract(now, old, adapter_type_, warnings_);
}

template <typename Part>
bool ContentsComparison::CompareNodeParts(const Resource& now, const Resource& old, Part part) {
  const auto configs = [&] { return SameConfig(now, old); };
  if (now.IsGenericTest()) {
    return part("configs", configs) && CompareFields(now, old, part, {"fqn"});
  }
  // The contract is first, because dbt compares it first, and its comparison may throw.
  if (!part("contract", [&] { return SameContract(now, old); }) ||
      !part("body", [&] { return SameBody(now, old); }) || !part("configs", configs) ||
      !part("persisted_descriptions", [&] { return SamePersistedDescription(now, old); }) ||
      !CompareFields(now, old, part, {"fqn"}) ||
      !part("relation", [&] { return SameRelation(now, old); })) {
    return false;
  }
  if (now.IsModel()) {
    return CompareFields(now, old, part, {"latest_version", "deprecation_date"}) &&
           part("access", [&] {
             return now.Get("access").Text("protected") == old.Get("access").Text("protected");
           });
  }
  return now.collection != Collection::kFunctions ||
         CompareFieldParts(now, old, part,
                           {{"arguments", &kFunctionArgument, FieldDefault::kEmpty},
                            {"returns", &kFunctionReturns}});
}

template <typename Part>
bool ContentsComparison::CompareParts(const Resource& now, const Resource& old, Part part) {
  const auto configs = [&] { return SameConfig(now, old); };
  switch (now.collection) {
    case Collection::kSources:
      return part("relation", [&] { return SameRelation(now, old); }) &&
             CompareFields(now, old, part, {"fqn"}) && part("configs", configs) &&
             CompareFieldParts(now, old, part,
                               {{"quoting", &kQuoting, FieldDefault::kInstance},
                                {"freshness", &kFreshness},
                                {"external", &kExternalTable}}) &&
             CompareFields(now, old, part, {"loaded_at_field"});
    case Collection::kExposures:
      return CompareFields(now, old, part, {"fqn", "type", "maturity", "url", "label"}) &&
             CompareFieldParts(now, old, part, {kDescription, {"owner", &kOwner}}) &&
             part("depends_on", [&] { return SameDependencies(now, old); }) &&
             part("configs", configs);
    case Collection::kMetrics:
      return CompareFieldParts(now, old, part, {kMetricType}) &&
             CompareFields(now, old, part, {"description", "label"}) && part("configs", configs);
    case Collection::kSemanticModels:
      return CompareFields(now, old, part, {"model", "description", "primary_entity", "group"}) &&
             CompareFieldParts(now, old, part,
                               {{"defaults", &kSemanticModelDefaults},
                                {"entities", &kEntity, FieldDefault::kEmpty},
                                {"dimensions", &kDimension, FieldDefault::kEmpty},
                                {"measures", &kMeasure, FieldDefault::kEmpty}}) &&
             part("configs", configs);
    case Collection::kSavedQueries:
      return part("query_params",
                  [&] { return SameQuery(now.Get("query_params"), old.Get("query_params")); }) &&
             CompareFields(now, old, part, {"description", "label", "group"}) &&
             CompareFieldParts(now, old, part, {kTags}) && part("configs", configs) &&
             part("exports", [&] { return SameExports(now.Get("exports"), old.Get("exports")); });
    case Collection::kUnitTests:
      return CompareFields(now, old, part, {"checksum"});
    default:
      return CompareNodeParts(now, old, part);
  }
}

bool ContentsComparison::SameContents(const Resource& now, const Resource& old) {
  return CompareParts(now, old, [](std::string_view, auto same) { return same(); });
}

ContentsDifferences ContentsComparison::Differences(const Resource& now, const Resource& old) {
  ContentsDifferences found;
  CompareParts(now, old, [&](std::string_view part, auto same) {
    if (part == "contract") {
      if (!now.IsModel()) return true;
      ContractChange change =
          CompareContracts(now, old, adapter_type_, UnknownConstraint::kNotEnforced);
      if (!change.is_same) found.parts.push_back(part);
      found.breaks = std::move(change.breaks);
    } else if (!same()) {
      found.parts.push_back(part);
    }
    return true;
  });
  return found;
}

}  // namespace flatmanifest
