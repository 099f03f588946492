#include "select/config_value.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>

namespace flatmanifest {

namespace {

constexpr Cell kTrue = Cell::Bool(true);
constexpr Cell kFalse = Cell::Bool(false);

// Bits for the classes of config that have a field.
enum Class : uint8_t {
  kModel = 1,
  kSnapshot = 2,
  kSeed = 4,
  kOther = 8,  // NodeConfig itself: analyses, operations
  kNode = kModel | kSnapshot | kSeed | kOther,
  kTest = 16,
  kSource = 32,
  kAny = kNode | kTest | kSource,
};

// A field and its default: a text, a cell that refers to nothing, or neither for a default that
// equals no value (empty lists, empty dicts, dataclasses).
struct Field {
  std::string_view name;
  uint8_t classes;
  std::string_view text = {};
  std::optional<Cell> cell = Cell::Null();
};

constexpr std::optional<Cell> kNoValue;

constexpr Field kFields[] = {
    {"enabled", kAny, {}, kTrue},
    {"tags", kAny, {}, kNoValue},
    {"meta", kAny, {}, kNoValue},
    {"static_analysis", kAny},
    {"alias", kNode | kTest},
    {"schema", kNode},
    {"schema", kTest, "dbt_test__audit"},
    {"database", kNode | kTest},
    {"group", kNode | kTest},
    {"materialized", kModel | kOther, "view"},
    {"materialized", kSnapshot, "snapshot"},
    {"materialized", kSeed, "seed"},
    {"materialized", kTest, "test"},
    {"incremental_strategy", kNode},
    {"batch_size", kNode},
    {"lookback", kNode, {}, Cell::SmallInt(1)},
    {"begin", kNode},
    {"persist_docs", kNode, {}, kNoValue},
    {"quoting", kNode, {}, kNoValue},
    {"column_types", kNode, {}, kNoValue},
    {"full_refresh", kNode},
    {"unique_key", kNode},
    {"on_schema_change", kNode, "ignore"},
    {"on_configuration_change", kNode, "apply"},
    {"grants", kNode, {}, kNoValue},
    {"packages", kNode, {}, kNoValue},
    {"docs", kNode, {}, kNoValue},
    {"contract", kNode, {}, kNoValue},
    {"event_time", kNode | kSource},
    {"concurrent_batches", kNode},
    {"access", kModel, "protected"},
    {"freshness", kModel},
    {"freshness", kSource, {}, kNoValue},
    {"strategy", kSnapshot},
    {"target_schema", kSnapshot},
    {"target_database", kSnapshot},
    {"updated_at", kSnapshot},
    {"check_cols", kSnapshot},
    {"snapshot_meta_column_names", kSnapshot, {}, kNoValue},
    {"dbt_valid_to_current", kSnapshot},
    {"delimiter", kSeed, ","},
    {"quote_columns", kSeed},
    {"severity", kTest, "ERROR"},
    {"store_failures", kTest},
    {"store_failures_as", kTest},
    {"where", kTest},
    {"limit", kTest},
    {"fail_calc", kTest, "count(*)"},
    {"warn_if", kTest, "!= 0"},
    {"error_if", kTest, "!= 0"},
    {"loaded_at_field", kSource},
    {"loaded_at_query", kSource},
};

// Fields that are dataclasses, and those of their fields that have text or numbers. dbt drops all
// other keys of a manifest there.
struct PartField {
  std::string_view name;
  std::optional<Cell> cell = Cell::Null();
};
constexpr PartField kDocs[] = {{"show", kTrue}, {"node_color"}};
constexpr PartField kContract[] = {{"enforced", kFalse}, {"alias_types", kTrue}};
constexpr PartField kColumnNames[] = {
    {"dbt_valid_to"}, {"dbt_valid_from"}, {"dbt_scd_id"}, {"dbt_updated_at"}, {"dbt_is_deleted"}};
constexpr PartField kSourceFreshness[] = {
    {"warn_after", kNoValue}, {"error_after", kNoValue}, {"filter"}};
constexpr PartField kModelFreshness[] = {{"build_after", kNoValue}};
// Without updates_on, an Enum whose members equal no text.
constexpr PartField kThreshold[] = {{"count"}, {"period"}};

// Attributes of config objects that are no fields: methods, and names of the class.
constexpr std::string_view kObjectNames[] = {"ADDITIONAL_PROPERTIES",
                                             "Config",
                                             "compare_key",
                                             "finalize_and_validate",
                                             "from_dict",
                                             "from_msgpack",
                                             "get",
                                             "json_schema",
                                             "mergebehavior",
                                             "meta_get",
                                             "replace",
                                             "same_contents",
                                             "to_dict",
                                             "to_msgpack",
                                             "update_from",
                                             "validate",
                                             "_content_iterator",
                                             "_get_fields",
                                             "_get_field_names",
                                             "_mapped_fields",
                                             "_merge_dicts"};
constexpr std::string_view kNodeNames[] = {"pre_hook", "post_hook"};
constexpr std::string_view kSnapshotNames[] = {"final_validate", "snapshot_table_column_names"};
constexpr std::string_view kDictNames[] = {"clear",      "copy",   "fromkeys", "get",
                                           "items",      "keys",   "pop",      "popitem",
                                           "setdefault", "update", "values"};

template <typename Names>
bool Has(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

constexpr Class kClasses[] = {kModel, kSnapshot, kSeed, kOther, kTest, kSource};

Class ClassOf(const Document& document, Row row) {
  const ResourceColumns& rows = document.resources();
  if (static_cast<Collection>(rows.collection[row]) == Collection::kSources) return kSource;
  const std::string_view type = document.String(rows.resource_type[row]);
  if (type == "model") return kModel;
  if (type == "test") return kTest;
  if (type == "snapshot") return kSnapshot;
  if (type == "seed") return kSeed;
  return kOther;
}

const Field* FindField(Class class_of, std::string_view name) {
  const auto* field = std::find_if(std::begin(kFields), std::end(kFields), [&](const Field& f) {
    return (f.classes & class_of) != 0 && f.name == name;
  });
  return field == std::end(kFields) ? nullptr : field;
}

std::optional<Cell> FindMember(const Document& document, Cell object, std::string_view name) {
  return object.is(CellKind::kObject) ? document.Find(object, name) : std::nullopt;
}

ConfigValue ValueOf(const Document& document, Cell cell) {
  if (cell.is(CellKind::kString)) return {Cell::Null(), document.String(cell.index())};
  return {cell, std::nullopt};
}

using Names = std::span<const std::string>;

// Follows names through dicts. Other values have no attribute that could equal anything.
std::optional<ConfigValue> Descend(const Document& document, Cell cell, Names names) {
  for (const std::string& name : names) {
    if (Has(kDictNames, name)) return std::nullopt;
    const auto member = FindMember(document, cell, name);
    if (!member) return std::nullopt;
    cell = *member;
  }
  return ValueOf(document, cell);
}

// The part of a dataclass at `names`; `cell` may be Null if the dataclass is left out.
std::optional<ConfigValue> DescendPart(const Document& document, Cell cell, Names names,
                                       std::span<const PartField> fields) {
  const auto field = std::find_if(fields.begin(), fields.end(),
                                  [&](const PartField& f) { return f.name == names[0]; });
  if (field == fields.end()) return std::nullopt;
  const auto member = FindMember(document, cell, names[0]);
  const bool is_threshold = names[0].ends_with("_after");
  if (is_threshold && names.size() > 1) {
    if (member && member->is(CellKind::kNull)) return std::nullopt;
    return DescendPart(document, member.value_or(Cell::Null()), names.subspan(1), kThreshold);
  }
  const auto cell_or_default = member ? member : field->cell;
  if (!cell_or_default) return std::nullopt;
  return Descend(document, *cell_or_default, names.subspan(1));
}

// The fields of the dataclass that is the type of a config field; none for another type.
std::span<const PartField> PartFields(Class class_of, std::string_view name) {
  if (name == "docs") return kDocs;
  if (name == "contract") return kContract;
  if (name == "snapshot_meta_column_names") return kColumnNames;
  if (name == "freshness") {
    return class_of == kSource ? std::span<const PartField>(kSourceFreshness) : kModelFreshness;
  }
  return {};
}

}  // namespace

// The meaning of the first name for one class of config.
struct ConfigPath::Step {
  bool is_hidden = false;  // by a method, or as good as
  bool is_extra = false;   // the keys that are no fields, in a dict of their own
  const Field* field = nullptr;
  std::span<const PartField> part;  // of a field that is a dataclass
};

ConfigPath::ConfigPath(const Document& document, const std::vector<std::string>& names)
    : document_(document), names_(names) {
  const std::string& name = names[0];
  for (const Class class_of : kClasses) {
    Step step;
    step.is_hidden = Has(kObjectNames, name) ||
                     ((class_of & kNode) != 0 && Has(kNodeNames, name)) ||
                     (class_of == kSnapshot && Has(kSnapshotNames, name));
    step.is_extra = name == "extra" || name == "_extra";
    if (step.is_extra) {
      step.is_hidden = names.size() == 1 || FindField(class_of, names[1]) != nullptr;
    }
    step.field = FindField(class_of, name);
    if (step.field != nullptr) step.part = PartFields(class_of, name);
    steps_.push_back(step);
  }
}

ConfigPath::~ConfigPath() = default;

const ConfigPath::Step& ConfigPath::StepOf(Row row) {
  // Sources have a type of their own, so the type determines the class.
  const auto [entry, is_new] = step_of_type_.try_emplace(document_.resources().resource_type[row]);
  if (is_new) {
    const auto* found =
        std::find(std::begin(kClasses), std::end(kClasses), ClassOf(document_, row));
    entry->second = static_cast<size_t>(found - std::begin(kClasses));
  }
  return steps_[entry->second];
}

std::optional<Cell> ConfigPath::FindFirst(Cell config) {
  if (!config.is(CellKind::kObject)) return std::nullopt;
  const auto [entry, is_new] = places_.try_emplace(config.aux());
  if (is_new) entry->second = document_.FindKey(config, names_[0]);
  if (entry->second) return document_.Elements(config)[*entry->second];
  const auto extra = ExtraOf(config);
  return extra ? FindMember(document_, *extra, names_[0]) : std::nullopt;
}

// The dict of keys that are no fields: dbt's objects have such a dict, JSON has these keys beside
// the fields.
std::optional<Cell> ConfigPath::ExtraOf(Cell config) const {
  if (document_.header().kind != DocumentKind::kInternal) return std::nullopt;
  return FindMember(document_, config, "_extra");
}

std::optional<ConfigValue> ConfigPath::Find(Row row, bool& in_meta) {
  const Step& step = StepOf(row);
  if (step.is_hidden) return std::nullopt;
  const Cell config = document_.resources().config[row];
  const std::string& name = names_[0];
  const Names rest = Names(names_).subspan(1);
  if (step.is_extra) return Descend(document_, ExtraOf(config).value_or(config), rest);
  const auto member = FindFirst(config);
  if (!step.part.empty() && !rest.empty()) {
    // Only a model's freshness is None by default.
    const bool is_none = member ? member->is(CellKind::kNull) : step.part.data() == kModelFreshness;
    if (is_none) return std::nullopt;
    return DescendPart(document_, member.value_or(Cell::Null()), rest, step.part);
  }
  // Only the Python names of hooks are read.
  if (member && name != "pre-hook" && name != "post-hook") {
    return Descend(document_, *member, rest);
  }
  if (step.field == nullptr) {
    const auto meta = FindMember(document_, config, "meta");
    in_meta = meta && FindMember(document_, *meta, name);
  }
  if (!rest.empty()) return std::nullopt;
  if (step.field == nullptr) return ConfigValue{Cell::Null(), std::nullopt};
  if (!step.field->text.empty()) return ConfigValue{Cell::Null(), step.field->text};
  if (!step.field->cell) return std::nullopt;
  return ConfigValue{*step.field->cell, std::nullopt};
}

}  // namespace flatmanifest
