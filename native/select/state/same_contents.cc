#include "select/state/same_contents.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <set>
#include <span>

#include "select/state/contract_comparison.h"
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
    return std::all_of(keys.begin(), keys.end(), [&](StringId id) {
      const std::string_view key = a.document->String(id);
      if (std::find(uncompared.begin(), uncompared.end(), key) != uncompared.end()) return true;
      const auto other = b.Find(key);
      return other && Equal(a.Get(key), *other);
    });
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

bool SameSavedQuery(const Resource& now, const Resource& old) {
  const Value params = now.Get("query_params");
  const Value old_params = old.Get("query_params");
  return Equal(params.Get("metrics"), old_params.Get("metrics")) &&
         Equal(params.Get("group_by"), old_params.Get("group_by")) &&
         SameField(params, old_params, {"where", &kWhereFilters}) &&
         SameFields(now, old, {"description", "label", "group"}) &&
         SameParts(now, old, {kTags, ConfigOf(now)}) &&
         SameExports(now.Get("exports"), old.Get("exports"));
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

bool ContentsComparison::SameNode(const Resource& now, const Resource& old) {
  if (now.type() == "test" && now.Get("test_metadata").IsTrue()) {
    return SameConfig(now, old) && SameFields(now, old, {"fqn"});
  }
  // This comparison is first, because it may throw.
  const bool same_contract = SameContract(now, old);
  bool is_same = SameBody(now, old) && SameConfig(now, old) && SamePersistedDescription(now, old) &&
                 SameFields(now, old, {"fqn"}) && SameRelation(now, old) && same_contract;
  if (now.IsModel()) {
    is_same = is_same && SameFields(now, old, {"latest_version", "deprecation_date"}) &&
              now.Get("access").Text("protected") == old.Get("access").Text("protected");
  }
  if (now.collection == Collection::kFunctions) {
    is_same = is_same && SameParts(now, old,
                                   {{"arguments", &kFunctionArgument, FieldDefault::kEmpty},
                                    {"returns", &kFunctionReturns}});
  }
  return is_same;
}

bool ContentsComparison::SameContents(const Resource& now, const Resource& old) {
  switch (now.collection) {
    case Collection::kSources:
      return SameRelation(now, old) && SameFields(now, old, {"fqn"}) && SameConfig(now, old) &&
             SameParts(now, old,
                       {{"quoting", &kQuoting, FieldDefault::kInstance},
                        {"freshness", &kFreshness},
                        {"external", &kExternalTable}}) &&
             SameFields(now, old, {"loaded_at_field"});
    case Collection::kExposures:
      return SameFields(now, old, {"fqn", "type", "maturity", "url", "label"}) &&
             SameParts(now, old, {kDescription, {"owner", &kOwner}}) &&
             SameDependencies(now, old) && SameConfig(now, old);
    case Collection::kMetrics:
      return SameParts(now, old, {kMetricType}) && SameFields(now, old, {"description", "label"}) &&
             SameConfig(now, old);
    case Collection::kSemanticModels:
      return SameFields(now, old, {"model", "description", "primary_entity", "group"}) &&
             SameParts(now, old,
                       {{"defaults", &kSemanticModelDefaults},
                        {"entities", &kEntity, FieldDefault::kEmpty},
                        {"dimensions", &kDimension, FieldDefault::kEmpty},
                        {"measures", &kMeasure, FieldDefault::kEmpty},
                        ConfigOf(now)});
    case Collection::kSavedQueries:
      return SameSavedQuery(now, old);
    case Collection::kUnitTests:
      return SameFields(now, old, {"checksum"});
    default:
      return SameNode(now, old);
  }
}

}  // namespace flatmanifest
