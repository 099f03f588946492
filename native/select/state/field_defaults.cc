#include "select/state/field_defaults.h"

#include <algorithm>
#include <span>

namespace flatmanifest {

struct PartClass {
  std::span<const PartField> fields;
  bool keeps_others = false;  // dbt's AdditionalPropertiesAllowed
};

namespace {

using enum FieldDefault;

constexpr PartField kFileHashFields[] = {{"name"}, {"checksum"}};
constexpr PartField kQuotingFields[] = {{"database"}, {"schema"}, {"identifier"}, {"column"}};
constexpr PartField kTimeFields[] = {{"count"}, {"period"}};
constexpr PartClass kTime = {kTimeFields};
constexpr PartField kFreshnessFields[] = {
    {"warn_after", &kTime, kInstance}, {"error_after", &kTime, kInstance}, {"filter"}};
constexpr PartField kExternalFields[] = {
    {"location"}, {"file_format"}, {"row_format"}, {"tbl_properties"}, {"partitions"}};
constexpr PartField kOwnerFields[] = {{"email"}, {"name"}};

constexpr PartField kSemanticModelConfigFields[] = {
    {"enabled", {}, kTrue}, {"group"}, {"meta", {}, kEmpty}};
constexpr PartField kDefaultsFields[] = {{"agg_time_dimension"}};
constexpr PartField kElementConfigFields[] = {{"meta", {}, kEmpty}};
constexpr PartClass kElementConfig = {kElementConfigFields};
constexpr PartField kEntityFields[] = {{"name"},
                                       {.name = "type", .ignores_case = true},
                                       {"description"},
                                       {"label"},
                                       {"role"},
                                       {"expr"},
                                       {"config", &kElementConfig}};
constexpr PartField kValidityFields[] = {{"is_start", {}, kFalse}, {"is_end", {}, kFalse}};
constexpr PartClass kValidity = {kValidityFields};
constexpr PartField kDimensionParamsFields[] = {{.name = "time_granularity", .ignores_case = true},
                                                {"validity_params", &kValidity}};
constexpr PartClass kDimensionParams = {kDimensionParamsFields};
constexpr PartField kFileSliceFields[] = {
    {"filename"}, {"content"}, {"start_line_number"}, {"end_line_number"}};
constexpr PartClass kFileSlice = {kFileSliceFields};
constexpr PartField kFileMetadataFields[] = {{"repo_file_path"}, {"file_slice", &kFileSlice}};
constexpr PartClass kFileMetadata = {kFileMetadataFields};
constexpr PartField kDimensionFields[] = {
    {"name"},  {.name = "type", .ignores_case = true}, {"description"},
    {"label"}, {"is_partition", {}, kFalse},           {"type_params", &kDimensionParams},
    {"expr"},  {"metadata", &kFileMetadata},           {"config", &kElementConfig}};
constexpr PartField kAggregationFields[] = {{"percentile"},
                                            {"use_discrete_percentile", {}, kFalse},
                                            {"use_approximate_percentile", {}, kFalse}};
constexpr PartClass kAggregation = {kAggregationFields};
constexpr PartField kNonAdditiveFields[] = {
    {"name"}, {.name = "window_choice", .ignores_case = true}, {"window_groupings"}};
constexpr PartClass kNonAdditive = {kNonAdditiveFields};
constexpr PartField kMeasureFields[] = {{"name"},
                                        {.name = "agg", .ignores_case = true},
                                        {"description"},
                                        {"label"},
                                        {"create_metric", {}, kFalse},
                                        {"expr"},
                                        {"agg_params", &kAggregation},
                                        {"non_additive_dimension", &kNonAdditive},
                                        {"agg_time_dimension"},
                                        {"config", &kElementConfig}};

constexpr PartField kCacheFields[] = {{"enabled", {}, kFalse}};
constexpr PartClass kCache = {kCacheFields};
constexpr PartField kSavedQueryConfigFields[] = {{"enabled", {}, kTrue},
                                                 {"group"},
                                                 {"meta", {}, kEmpty},
                                                 {.name = "export_as", .ignores_case = true},
                                                 {"schema"},
                                                 {"cache", &kCache, kInstance}};
constexpr PartField kWhereFilterFields[] = {{"where_sql_template"}};
constexpr PartClass kWhereFilter = {kWhereFilterFields};
constexpr PartField kWhereFiltersFields[] = {{"where_filters", &kWhereFilter}};

constexpr PartField kArgumentFields[] = {
    {"name"}, {"data_type"}, {"description"}, {"default_value"}};
constexpr PartField kReturnsFields[] = {{"data_type"}, {"description"}};
// Constraints of columns have all but the last field.
constexpr PartField kConstraintFields[] = {{"type"},
                                           {"name"},
                                           {"expression"},
                                           {"warn_unenforced", {}, kTrue},
                                           {"warn_unsupported", {}, kTrue},
                                           {"to"},
                                           {"to_columns", {}, kEmpty},
                                           {"columns", {}, kEmpty}};

bool IsDefault(const Value& value, const PartField& field) {
  const CellKind kind = value.cell.kind();
  switch (field.otherwise) {
    case kNone:
      return value.is_null();
    case kEmpty:
      return (value.cell.is_container() || kind == CellKind::kString) && !value.IsTrue();
    case kFalse:
      return kind == CellKind::kFalse;
    case kTrue:
      return kind == CellKind::kTrue;
    case kInstance:
      // Whether each field of an object has its default.
      return kind == CellKind::kObject &&
             SamePart(value, Value{value.document, Cell::Null()}, *field.part);
  }
  return false;
}

char Lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool SameWithoutCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool SameFieldsOf(const Value& now, const Value& old, const PartClass& part) {
  return std::all_of(part.fields.begin(), part.fields.end(),
                     [&](const PartField& field) { return SameField(now, old, field); });
}

// Whether `old` has the keys of `now` that the class does not know, with the same values.
bool HasOthersOf(const Value& now, const Value& old, const PartClass& part) {
  const auto keys = now.document->Keys(now.cell);
  return std::all_of(keys.begin(), keys.end(), [&](StringId id) {
    const std::string_view key = now.document->String(id);
    const bool is_known = std::any_of(part.fields.begin(), part.fields.end(),
                                      [&](const PartField& field) { return field.name == key; });
    if (is_known) return true;
    const auto other = old.Find(key);
    return other && Equal(now.Get(key), *other);
  });
}

bool SameValue(const Value& now, const Value& old, const PartField& field) {
  if (field.ignores_case && now.cell.is(CellKind::kString) && old.cell.is(CellKind::kString)) {
    return SameWithoutCase(now.Text(), old.Text());
  }
  if (field.part == nullptr) return Equal(now, old);
  if (!now.cell.is(CellKind::kArray) || !old.cell.is(CellKind::kArray)) {
    if (now.cell.is(CellKind::kObject) != old.cell.is(CellKind::kObject)) return false;
    return SamePart(now, old, *field.part);
  }
  const auto elements = now.document->Elements(now.cell);
  const auto others = old.document->Elements(old.cell);
  return std::equal(elements.begin(), elements.end(), others.begin(), others.end(),
                    [&](Cell a, Cell b) {
                      return SamePart({now.document, a}, {old.document, b}, *field.part);
                    });
}

}  // namespace

// Their declarations give them external linkage.
constexpr PartClass kFileHash = {kFileHashFields};
constexpr PartClass kQuoting = {kQuotingFields};
constexpr PartClass kFreshness = {kFreshnessFields};
constexpr PartClass kExternalTable = {kExternalFields, true};
constexpr PartClass kOwner = {kOwnerFields, true};
constexpr PartClass kSemanticModelConfig = {kSemanticModelConfigFields, true};
constexpr PartClass kSemanticModelDefaults = {kDefaultsFields};
constexpr PartClass kEntity = {kEntityFields};
constexpr PartClass kDimension = {kDimensionFields};
constexpr PartClass kMeasure = {kMeasureFields};
constexpr PartClass kSavedQueryConfig = {kSavedQueryConfigFields, true};
constexpr PartClass kWhereFilters = {kWhereFiltersFields};
constexpr PartClass kFunctionArgument = {kArgumentFields};
constexpr PartClass kFunctionReturns = {kReturnsFields};
constexpr PartClass kColumnConstraint = {std::span(kConstraintFields).first<7>()};
constexpr PartClass kModelConstraint = {kConstraintFields};

bool SameField(const Value& now, const Value& old, const PartField& field) {
  const auto value = now.Find(field.name);
  const auto other = old.Find(field.name);
  if (value && other) return SameValue(*value, *other, field);
  if (!value && !other) return true;
  return IsDefault(value ? *value : *other, field);
}

bool SamePart(const Value& now, const Value& old, const PartClass& part) {
  const bool is_object = now.cell.is(CellKind::kObject);
  const bool was_object = old.cell.is(CellKind::kObject);
  // A value that is no object has no fields here, like the default of a field.
  if (!is_object && !was_object) return Equal(now, old);
  if (!SameFieldsOf(now, old, part)) return false;
  if (!part.keeps_others) return true;
  return (!is_object || HasOthersOf(now, old, part)) &&
         (!was_object || HasOthersOf(old, now, part));
}

}  // namespace flatmanifest
