#include "select/state/field_defaults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

// An object with or without a field.
std::string With(std::string_view field) { return "{" + std::string(field) + "}"; }
constexpr std::string_view kLeftOut;

// Whether a field of two objects is equal in both directions. Both are JSON.
bool SameFields(const std::string& now, const std::string& old, const PartField& field) {
  const auto manifest = [](const std::string& value) {
    return testing::Convert(R"({"nodes": {}, "value": )" + value + "}");
  };
  const FileImage image = manifest(now);
  const FileImage old_image = manifest(old);
  const Document document = testing::Open(image);
  const Document old_document = testing::Open(old_image);
  const Value value = {&document, testing::At(document, "value")};
  const Value old_value = {&old_document, testing::At(old_document, "value")};
  const bool is_same = SameField(value, old_value, field);
  EXPECT_EQ(SameField(old_value, value, field), is_same) << now << " and " << old;
  return is_same;
}

// The same for members called "field"; "" means that it is left out.
bool Same(std::string_view now, std::string_view old, FieldDefault otherwise,
          const PartClass* part = nullptr) {
  const auto object = [](std::string_view value) {
    return With(value.empty() ? "" : R"("field": )" + std::string(value));
  };
  return SameFields(object(now), object(old), {"field", part, otherwise});
}

// Whether two values of a class are equal; all except lists are objects.
bool SameParts(std::string_view now, std::string_view old, const PartClass& part) {
  return Same(now, old, FieldDefault::kNone, &part);
}

// Whether two objects with only these members are equal.
bool SameMembers(std::string_view now, std::string_view old, const PartClass& part) {
  return SameParts(With(now), With(old), part);
}

TEST(FieldDefaultsTest, FieldsThatAreLeftOutHaveTheirDefault) {
  const std::vector<std::string_view> values = {
      "null", R"("")", "[]", "{}", "false", "true", "0", "1", R"("x")", "[null]", R"({"a": 1})"};
  const struct {
    FieldDefault otherwise;
    std::vector<std::string_view> defaults;
  } kinds[] = {
      {FieldDefault::kNone, {"null"}},
      {FieldDefault::kEmpty, {R"("")", "[]", "{}"}},
      {FieldDefault::kFalse, {"false"}},
      {FieldDefault::kTrue, {"true"}},
  };
  for (const auto& [otherwise, defaults] : kinds) {
    EXPECT_TRUE(Same(kLeftOut, kLeftOut, otherwise));
    for (const std::string_view value : values) {
      const bool is_default = std::find(defaults.begin(), defaults.end(), value) != defaults.end();
      EXPECT_EQ(Same(value, kLeftOut, otherwise), is_default)
          << value << " with default " << static_cast<int>(otherwise);
      EXPECT_TRUE(Same(value, value, otherwise)) << value;
    }
  }
}

TEST(FieldDefaultsTest, DefaultsAreOfWhatIsLeftOutOnly) {
  EXPECT_FALSE(Same("null", "[]", FieldDefault::kEmpty));
  EXPECT_FALSE(Same("null", "false", FieldDefault::kFalse));
  EXPECT_FALSE(Same(R"("")", "[]", FieldDefault::kEmpty));
}

TEST(FieldDefaultsTest, AnInstanceHasAllItsDefaults) {
  constexpr auto kOtherwise = FieldDefault::kInstance;
  EXPECT_TRUE(Same(kLeftOut, kLeftOut, kOtherwise, &kQuoting));
  for (const char* value : {"{}", R"({"database": null})", R"({"schema": null, "column": null})",
                            R"({"unknown": true})"}) {
    EXPECT_TRUE(Same(value, kLeftOut, kOtherwise, &kQuoting)) << value;
  }
  for (const char* value : {"null", "[]", "true", R"({"database": false})"}) {
    EXPECT_FALSE(Same(value, kLeftOut, kOtherwise, &kQuoting)) << value;
  }
  // Includes nested instances, and the keys that a class keeps.
  EXPECT_TRUE(Same(R"({"enabled": true, "meta": {}, "cache": {"enabled": false}})", kLeftOut,
                   kOtherwise, &kSavedQueryConfig));
  EXPECT_FALSE(Same(R"({"cache": {"enabled": true}})", kLeftOut, kOtherwise, &kSavedQueryConfig));
  EXPECT_FALSE(Same(R"({"unknown": null})", kLeftOut, kOtherwise, &kSavedQueryConfig));
}

TEST(FieldDefaultsTest, PlainFieldsAreComparedUnchanged) {
  constexpr auto kOtherwise = FieldDefault::kNone;
  EXPECT_TRUE(Same(R"({"a": [1, {"b": null}], "c": "x"})", R"({"c": "x", "a": [1, {"b": null}]})",
                   kOtherwise));
  EXPECT_TRUE(Same("1", "1.0", kOtherwise));
  EXPECT_TRUE(Same("1", "true", kOtherwise));
  EXPECT_FALSE(Same("1", R"("1")", kOtherwise));
  EXPECT_FALSE(Same("[1, 2]", "[2, 1]", kOtherwise));
  EXPECT_FALSE(Same("[1]", "[1, 1]", kOtherwise));
  EXPECT_FALSE(Same(R"({"a": 1})", R"({"a": 1, "b": null})", kOtherwise));
  EXPECT_FALSE(Same(R"("view")", R"("View")", kOtherwise));
}

TEST(FieldDefaultsTest, EnumerationsAreReadWithoutRegardToCase) {
  const PartField field = {.name = "type", .ignores_case = true};
  EXPECT_TRUE(SameFields(R"({"type": "Simple"})", R"({"type": "SIMPLE"})", field));
  EXPECT_FALSE(SameFields(R"({"type": "simple"})", R"({"type": "simpler"})", field));
  EXPECT_FALSE(SameFields(R"({"type": "simple"})", R"({"type": null})", field));
  EXPECT_FALSE(SameFields(R"({"type": "simple"})", "{}", field));
  EXPECT_FALSE(SameFields(R"({"type": "@"})", R"({"type": "`"})", field));
  EXPECT_FALSE(SameFields(R"({"type": "["})", R"({"type": "{"})", field));
  EXPECT_TRUE(SameFields(R"({"type": ["A"]})", R"({"type": ["A"]})", field));
  EXPECT_FALSE(SameFields(R"({"type": ["A"]})", R"({"type": ["a"]})", field));

  EXPECT_TRUE(SameMembers(R"("type": "primary")", R"("type": "PRIMARY")", kEntity));
  EXPECT_FALSE(SameMembers(R"("name": "id")", R"("name": "ID")", kEntity));
  EXPECT_TRUE(SameMembers(R"("type_params": {"time_granularity": "day"})",
                          R"("type_params": {"time_granularity": "Day"})", kDimension));
  EXPECT_TRUE(SameMembers(
      R"("agg": "sum", "non_additive_dimension": {"name": "day", "window_choice": "min"})",
      R"("agg": "SUM", "non_additive_dimension": {"name": "day", "window_choice": "MIN"})",
      kMeasure));
  EXPECT_TRUE(SameMembers(R"("export_as": "table")", R"("export_as": "TABLE")", kSavedQueryConfig));
  // Constraints have an enumeration of dbt's own.
  EXPECT_FALSE(SameMembers(R"("type": "check")", R"("type": "CHECK")", kModelConstraint));
}

TEST(FieldDefaultsTest, EveryFieldOfAPartCounts) {
  EXPECT_TRUE(SameMembers(R"("name": "sha256", "checksum": "ab")",
                          R"("checksum": "ab", "name": "sha256")", kFileHash));
  EXPECT_FALSE(SameMembers(R"("name": "sha256", "checksum": "ab")",
                           R"("name": "sha256", "checksum": "ac")", kFileHash));
  const struct {
    const PartClass* part;
    std::vector<std::string_view> fields;
  } parts[] = {
      {&kFileHash, {"name", "checksum"}},
      {&kQuoting, {"database", "schema", "identifier", "column"}},
      {&kFreshness, {"filter"}},
      {&kExternalTable, {"location", "file_format", "row_format", "tbl_properties", "partitions"}},
      {&kOwner, {"email", "name"}},
      {&kSemanticModelConfig, {"enabled", "group", "meta"}},
      {&kSemanticModelDefaults, {"agg_time_dimension"}},
      {&kEntity, {"name", "type", "description", "label", "role", "expr"}},
      {&kDimension, {"name", "type", "description", "label", "is_partition", "expr"}},
      {&kMeasure,
       {"name", "agg", "description", "label", "create_metric", "expr", "agg_time_dimension"}},
      {&kSavedQueryConfig, {"enabled", "group", "meta", "export_as", "schema"}},
      {&kFunctionArgument, {"name", "data_type", "description", "default_value"}},
      {&kFunctionReturns, {"data_type", "description"}},
      {&kColumnConstraint,
       {"type", "name", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns"}},
      {&kModelConstraint,
       {"type", "name", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns",
        "columns"}},
  };
  for (const auto& [part, fields] : parts) {
    for (const std::string_view field : fields) {
      const std::string name = "\"" + std::string(field) + "\": ";
      EXPECT_TRUE(SameMembers(name + R"("x")", name + R"("x")", *part)) << field;
      EXPECT_FALSE(SameMembers(name + R"("x")", name + R"("y")", *part)) << field;
      EXPECT_FALSE(SameMembers(name + R"("x")", "", *part)) << field;
    }
  }
}

TEST(FieldDefaultsTest, FieldsOfPartsHaveTheDefaultsOfTheirClass) {
  EXPECT_TRUE(
      SameMembers(R"("enabled": true, "group": null, "meta": {})", "", kSemanticModelConfig));
  EXPECT_FALSE(SameMembers(R"("enabled": false)", "", kSemanticModelConfig));
  EXPECT_FALSE(SameMembers(R"("meta": null)", "", kSemanticModelConfig));
  EXPECT_TRUE(SameMembers(R"("create_metric": false, "expr": null, "config": null)", "", kMeasure));
  EXPECT_FALSE(SameMembers(R"("create_metric": true)", "", kMeasure));
  EXPECT_TRUE(SameMembers(R"("is_partition": false)", "", kDimension));
  EXPECT_TRUE(SameMembers(
      R"("warn_unenforced": true, "warn_unsupported": true, "to": null, "to_columns": [])", "",
      kColumnConstraint));
  EXPECT_FALSE(SameMembers(R"("warn_unenforced": false)", "", kColumnConstraint));
  EXPECT_TRUE(SameMembers(R"("columns": [])", "", kModelConstraint));
}

TEST(FieldDefaultsTest, PartsWithinParts) {
  EXPECT_TRUE(SameMembers(R"("type_params": {"validity_params": {"is_start": false}})",
                          R"("type_params": {"validity_params": {"is_end": false}})", kDimension));
  EXPECT_FALSE(SameMembers(R"("type_params": {"validity_params": {"is_start": true}})",
                           R"("type_params": {"validity_params": {"is_end": true}})", kDimension));
  EXPECT_TRUE(SameMembers(R"("metadata": {"repo_file_path": "a", "file_slice": {"content": "x"}})",
                          R"("metadata": {"repo_file_path": "a",
                              "file_slice": {"content": "x", "filename": null, "more": 1}})",
                          kDimension));
  EXPECT_FALSE(SameMembers(R"("metadata": {"file_slice": {"start_line_number": 1}})",
                           R"("metadata": {"file_slice": {"start_line_number": 2}})", kDimension));
  EXPECT_TRUE(SameMembers(R"("agg_params": {"percentile": 0.5})",
                          R"("agg_params": {"percentile": 0.5, "use_discrete_percentile": false})",
                          kMeasure));
  EXPECT_FALSE(SameMembers(R"("agg_params": {"percentile": 0.5})",
                           R"("agg_params": {"percentile": 0.9})", kMeasure));
  EXPECT_FALSE(SameMembers(R"("config": {"meta": {"pii": true}})",
                           R"("config": {"meta": {"pii": false}})", kEntity));
  EXPECT_TRUE(SameMembers(R"("config": {})", R"("config": {"meta": {}})", kEntity));
}

TEST(FieldDefaultsTest, NoneIsNoInstance) {
  EXPECT_TRUE(SameMembers(R"("config": null)", "", kEntity));
  EXPECT_FALSE(SameMembers(R"("config": {})", "", kEntity));
  EXPECT_FALSE(SameMembers(R"("config": {})", R"("config": null)", kEntity));
  // Unlike the others, these are instances by default.
  EXPECT_TRUE(SameMembers(R"("warn_after": {"count": null})", "", kFreshness));
  EXPECT_FALSE(SameMembers(R"("warn_after": null)", "", kFreshness));
  EXPECT_FALSE(SameMembers(R"("warn_after": null)", R"("warn_after": {})", kFreshness));
  EXPECT_FALSE(SameMembers(R"("error_after": {"count": 1, "period": "day"})",
                           R"("error_after": {"count": 1, "period": "hour"})", kFreshness));
}

TEST(FieldDefaultsTest, UnknownKeysAreDropped) {
  for (const PartClass* part :
       {&kFileHash, &kQuoting, &kFreshness, &kSemanticModelDefaults, &kEntity, &kDimension,
        &kMeasure, &kWhereFilters, &kFunctionArgument, &kFunctionReturns, &kColumnConstraint,
        &kModelConstraint}) {
    EXPECT_TRUE(SameMembers(R"("more": 1)", R"("more": 2)", *part));
    EXPECT_TRUE(SameMembers(R"("more": 1)", "", *part));
  }
  // Constraints of columns have no columns.
  EXPECT_TRUE(SameMembers(R"("columns": ["a"])", "", kColumnConstraint));
}

TEST(FieldDefaultsTest, UnknownKeysAreKeptWhereTheClassAllowsThem) {
  for (const PartClass* part :
       {&kExternalTable, &kOwner, &kSemanticModelConfig, &kSavedQueryConfig}) {
    EXPECT_TRUE(SameMembers(R"("more": {"a": 1, "b": 2})", R"("more": {"b": 2, "a": 1})", *part));
    EXPECT_FALSE(SameMembers(R"("more": 1)", R"("more": 2)", *part));
    EXPECT_FALSE(SameMembers(R"("more": 1)", R"("most": 1)", *part));
    // They have no defaults.
    EXPECT_FALSE(SameMembers(R"("more": null)", "", *part));
  }
}

TEST(FieldDefaultsTest, ListsOfPartsAreComparedByTheirElements) {
  EXPECT_TRUE(SameParts("[]", "[]", kEntity));
  EXPECT_TRUE(SameParts(R"([{"name": "a", "role": null}, {"name": "b", "type": "UNIQUE"}])",
                        R"([{"name": "a", "more": 1}, {"type": "unique", "name": "b"}])", kEntity));
  EXPECT_FALSE(
      SameParts(R"([{"name": "a"}, {"name": "b"}])", R"([{"name": "b"}, {"name": "a"}])", kEntity));
  EXPECT_FALSE(SameParts(R"([{"name": "a"}])", R"([{"name": "a"}, {}])", kEntity));
  EXPECT_TRUE(SameMembers(R"("where_filters": [{"where_sql_template": "x"}])",
                          R"("where_filters": [{"where_sql_template": "x", "more": 1}])",
                          kWhereFilters));
  EXPECT_FALSE(SameMembers(R"("where_filters": [{"where_sql_template": "x"}])",
                           R"("where_filters": [{"where_sql_template": "y"}])", kWhereFilters));
}

TEST(FieldDefaultsTest, ListsAreNeitherNoneNorInstances) {
  EXPECT_FALSE(SameParts("[]", "null", kEntity));
  EXPECT_FALSE(SameParts("[]", "{}", kEntity));
  EXPECT_FALSE(SameParts("[{}]", "{}", kEntity));
  EXPECT_TRUE(Same("[]", kLeftOut, FieldDefault::kEmpty, &kEntity));
  EXPECT_FALSE(Same("[{}]", kLeftOut, FieldDefault::kEmpty, &kEntity));
}

TEST(FieldDefaultsTest, OtherValuesAreComparedUnchanged) {
  EXPECT_TRUE(SameParts(R"("x")", R"("x")", kOwner));
  EXPECT_FALSE(SameParts(R"("x")", R"("y")", kOwner));
  EXPECT_FALSE(SameParts(R"("x")", "{}", kOwner));
  EXPECT_TRUE(SameParts(R"([null, "x"])", R"([null, "x"])", kOwner));
  EXPECT_FALSE(SameParts(R"([null])", R"(["x"])", kOwner));
}

TEST(FieldDefaultsTest, NothingHasNoFields) {
  // Like an object with all its defaults.
  const FileImage image =
      testing::Convert(R"({"nodes": {}, "defaults": {"name": null}, "other": {"name": "x"}})");
  const Document document = testing::Open(image);
  const Value nothing = {&document, Cell::Null()};
  const auto at = [&](std::string_view path) {
    return Value{&document, testing::At(document, path)};
  };
  EXPECT_TRUE(SamePart(nothing, nothing, kOwner));
  EXPECT_TRUE(SamePart(at("defaults"), nothing, kOwner));
  EXPECT_TRUE(SamePart(nothing, at("defaults"), kOwner));
  EXPECT_FALSE(SamePart(at("other"), nothing, kOwner));
  EXPECT_FALSE(SamePart(nothing, at("other"), kOwner));
}

}  // namespace
}  // namespace flatmanifest
