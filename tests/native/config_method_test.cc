#include "select/config_method.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "graph/row_set.h"
#include "select/config_value.h"
#include "select/criteria.h"
#include "select/dialect.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using Ids = std::vector<std::string>;

// A resource of every class of config, all with the same config, and one whose config is not
// searched.
std::string ManifestOf(const std::string& config) {
  const auto member = [&](const std::string& type) {
    return "\"" + type + ".p." + type + R"(": {"resource_type": ")" + type + R"(", "config": )" +
           config + "}";
  };
  return R"({"nodes": {)" + member("analysis") + ", " + member("model") + ", " + member("seed") +
         ", " + member("snapshot") + ", " + member("test") + R"(}, "sources": {)" +
         member("source") + R"(}, "exposures": {)" + member("exposure") + R"(}, "macros": {)" +
         member("macro") + "}}";
}

// config.NAME:VALUE with any name, as YAML selectors may have it.
Criteria ConfigCriteria(const std::string& name, const std::string& value) {
  Criteria criteria;
  SetMethod(criteria, "config." + name, Dialect());
  criteria.value = value;
  return criteria;
}

// The matches of config.NAME:VALUE among the resources of a manifest: the last parts of their
// unique ids.
class Searched {
 public:
  explicit Searched(std::string_view json)
      : image_(testing::Convert(json)), document_(testing::Open(image_)) {}

  const Document& document() const { return document_; }
  const Ids& warnings() const { return warnings_; }

  Ids Find(const std::string& name, const std::string& value) {
    return Search(ConfigCriteria(name, value));
  }
  // A value of a YAML selector that is no text; its str() in Python is `text`.
  Ids Find(const std::string& name, const std::string& text, Cell value) {
    Criteria criteria = ConfigCriteria(name, text);
    criteria.other_value = value;
    return Search(criteria);
  }
  Ids Search(const Criteria& criteria) {
    return Search(criteria, RowSet::All(document_.row_count()));
  }
  Ids Search(const Criteria& criteria, const RowSet& included) {
    warnings_.clear();
    Ids names;
    for (const Row row : SearchConfig(document_, criteria, included, warnings_).Rows()) {
      const std::string id(document_.String(document_.resources().unique_id[row]));
      names.push_back(id.substr(id.rfind('.') + 1));
    }
    return names;
  }

 private:
  FileImage image_;
  Document document_;
  Ids warnings_;
};

// One model with this config.
Searched ModelWith(const std::string& config) {
  return Searched(R"({"nodes": {"model.p.m": {"resource_type": "model", "config": )" + config +
                  "}}}");
}

const Ids kModel = {"m"};
const Ids kAll = {"analysis", "model", "seed", "snapshot", "source", "test"};
const Ids kNodes = {"analysis", "model", "seed", "snapshot"};

// All share one config, so the answer for one class must not be reused for another.
TEST(ConfigMethodTest, NamesThatAreLeftOutHaveTheDefaultOfTheirClass) {
  Searched bare(ManifestOf(R"({"unknown": 1})"));
  EXPECT_EQ(bare.Find("materialized", "view"), (Ids{"analysis", "model"}));
  EXPECT_EQ(bare.Find("materialized", "seed"), (Ids{"seed"}));
  EXPECT_EQ(bare.Find("materialized", "snapshot"), (Ids{"snapshot"}));
  EXPECT_EQ(bare.Find("materialized", "test"), (Ids{"test"}));
  EXPECT_EQ(bare.Find("enabled", "true"), kAll);
  EXPECT_EQ(bare.Find("on_schema_change", "ignore"), kNodes);
  EXPECT_EQ(bare.Find("on_configuration_change", "apply"), kNodes);
  EXPECT_EQ(bare.Find("access", "protected"), (Ids{"model"}));
  EXPECT_EQ(bare.Find("delimiter", ","), (Ids{"seed"}));
  EXPECT_EQ(bare.Find("schema", "dbt_test__audit"), (Ids{"test"}));
  EXPECT_EQ(bare.Find("severity", "ERROR"), (Ids{"test"}));
  EXPECT_EQ(bare.Find("fail_calc", "count(*)"), (Ids{"test"}));
  EXPECT_EQ(bare.Find("warn_if", "!= 0"), (Ids{"test"}));
  EXPECT_EQ(bare.Find("error_if", "!= 0"), (Ids{"test"}));
  EXPECT_EQ(bare.warnings(), Ids{});
}

TEST(ConfigMethodTest, PartsThatAreLeftOutHaveDefaults) {
  for (const char* config : {"{}", R"({"docs": {}, "contract": {}})"}) {
    Searched bare(ManifestOf(config));
    EXPECT_EQ(bare.Find("docs.show", "true"), kNodes) << config;
    EXPECT_EQ(bare.Find("docs.show", "false"), Ids{}) << config;
    EXPECT_EQ(bare.Find("contract.enforced", "false"), kNodes) << config;
    EXPECT_EQ(bare.Find("contract.alias_types", "true"), kNodes) << config;
    EXPECT_EQ(bare.Find("docs.enforced", "false"), Ids{}) << config;
  }
}

TEST(ConfigMethodTest, NoneEqualsNoText) {
  Searched bare(ManifestOf(R"({"alias": null})"));
  for (const char* name : {"alias", "group", "where", "docs.node_color", "strategy",
                           "snapshot_meta_column_names.dbt_valid_to", "unknown"}) {
    for (const char* value : {"None", "null", "false", "x"}) {
      EXPECT_EQ(bare.Find(name, value), Ids{}) << name << " " << value;
    }
  }
}

TEST(ConfigMethodTest, PresentValuesReplaceDefaults) {
  Searched set(ManifestOf(R"({"enabled": false, "materialized": "table", "schema": null,
      "severity": "warn", "docs": {"show": false}, "contract": null, "lookback": 3})"));
  EXPECT_EQ(set.Find("enabled", "true"), Ids{});
  EXPECT_EQ(set.Find("enabled", "false"), kAll);
  EXPECT_EQ(set.Find("materialized", "table"), kAll);  // as a key of their own for sources
  EXPECT_EQ(set.Find("materialized", "view"), Ids{});
  EXPECT_EQ(set.Find("schema", "dbt_test__audit"), Ids{});
  EXPECT_EQ(set.Find("docs.show", "true"), Ids{});
  EXPECT_EQ(set.Find("docs.show", "false"),
            (Ids{"analysis", "model", "seed", "snapshot", "source", "test"}));
  EXPECT_EQ(set.Find("contract.enforced", "false"), Ids{});
}

TEST(ConfigMethodTest, OnlyNodesAndSourcesOfWhatIsIncluded) {
  Searched set(ManifestOf(R"({"color": "red"})"));
  const Criteria criteria = ConfigCriteria("color", "red");
  EXPECT_EQ(set.Search(criteria), kAll);
  RowSet included(set.document().row_count());
  EXPECT_EQ(set.Search(criteria, included), Ids{});
  for (const char* id : {"seed.p.seed", "source.p.source", "exposure.p.exposure"}) {
    included.Insert(set.document().FindRow(id));
  }
  EXPECT_EQ(set.Search(criteria, included), (Ids{"seed", "source"}));
}

TEST(ConfigMethodTest, TheConfigAsAWholeEqualsNothing) {
  Searched bare(ManifestOf("{}"));
  Criteria criteria;
  criteria.method = Method::kConfig;
  criteria.value = "{}";
  EXPECT_EQ(bare.Search(criteria), Ids{});
  EXPECT_EQ(bare.Find("meta", "{}"), Ids{});
  EXPECT_EQ(bare.Find("docs", "x"), Ids{});
}

TEST(ConfigMethodTest, ResourcesWithoutConfigHaveItsDefaults) {
  Searched none(R"({"nodes": {
    "model.p.m": {"resource_type": "model"},
    "seed.p.s": {"resource_type": "seed", "config": null}}})");
  EXPECT_EQ(none.Find("materialized", "view"), (Ids{"m"}));
  EXPECT_EQ(none.Find("materialized", "seed"), (Ids{"s"}));
  EXPECT_EQ(none.Find("docs.show", "true"), (Ids{"m", "s"}));
  EXPECT_EQ(none.Find("meta.owner", "x"), Ids{});
}

TEST(ConfigMethodTest, NamesDescendThroughDicts) {
  Searched model = ModelWith(R"({"meta": {"owner": {"name": "ann", "age": "7"}, "tier": "gold"},
      "custom": {"a": {"b": "c"}}, "grants": {"select": ["me", "you"]}})");
  EXPECT_EQ(model.Find("meta.owner.name", "ann"), kModel);
  EXPECT_EQ(model.Find("meta.owner.age", "7"), kModel);
  EXPECT_EQ(model.Find("meta.tier", "gold"), kModel);
  EXPECT_EQ(model.Find("custom.a.b", "c"), kModel);
  EXPECT_EQ(model.Find("grants.select", "you"), kModel);
  for (const char* name :
       {"meta.owner", "meta.name", "meta.tier.name", "meta.owner.name.first", "custom.a",
        "custom.b", "grants.select.0", "materialized.upper", "Meta.tier"}) {
    for (const char* value : {"ann", "gold", "c", "me", "view", "VIEW"}) {
      EXPECT_EQ(model.Find(name, value), Ids{}) << name << " " << value;
    }
  }
}

TEST(ConfigMethodTest, MethodsHideKeys) {
  Searched set(ManifestOf(R"({"get": "x", "replace": "x", "update_from": "x", "_get_fields": "x",
      "pre_hook": "x", "pre-hook": "x", "post-hook": "x", "final_validate": "x", "copy": "x",
      "meta": {"keys": "x", "items": {"a": "x"}, "get": "x", "has": "x"}})"));
  for (const char* name : {"get", "replace", "update_from", "_get_fields", "pre-hook", "post-hook",
                           "meta.keys", "meta.items.a", "meta.get"}) {
    EXPECT_EQ(set.Find(name, "x"), Ids{}) << name;
  }
  EXPECT_EQ(set.Find("meta.has", "x"), kAll);
  EXPECT_EQ(set.Find("copy", "x"), kAll);  // which is a method of dicts alone
  EXPECT_EQ(set.Find("pre_hook", "x"), (Ids{"source", "test"}));  // which have no hooks
  // A method that only configs of snapshots have.
  EXPECT_EQ(set.Find("final_validate", "x"), (Ids{"analysis", "model", "seed", "source", "test"}));
}

TEST(ConfigMethodTest, PartsHaveTheirOwnFieldsOnly) {
  Searched set(ManifestOf(R"({"docs": {"node_color": "red", "more": "x"},
      "contract": {"enforced": true, "checksum": "x"},
      "snapshot_meta_column_names": {"dbt_valid_to": "until", "more": "x"},
      "freshness": {"warn_after": {"count": 1, "period": "day"}, "filter": "x",
                    "build_after": {"count": 2, "period": "hour", "updates_on": "any"}}})"));
  EXPECT_EQ(set.Find("contract.enforced", "true"), kAll);
  EXPECT_EQ(set.Find("docs.node_color", "red"), kAll);
  // Classes without the field have a dict entry of that name, with all its keys.
  const Ids others = {"source", "test"};
  EXPECT_EQ(set.Find("docs.more", "x"), others);
  EXPECT_EQ(set.Find("contract.checksum", "x"), others);
  EXPECT_EQ(set.Find("snapshot_meta_column_names.dbt_valid_to", "until"), kAll);
  EXPECT_EQ(set.Find("snapshot_meta_column_names.more", "x"),
            (Ids{"analysis", "model", "seed", "source", "test"}));
  EXPECT_EQ(set.Find("freshness.warn_after.period", "day"),
            (Ids{"analysis", "seed", "snapshot", "source", "test"}));
  EXPECT_EQ(set.Find("freshness.filter", "x"),
            (Ids{"analysis", "seed", "snapshot", "source", "test"}));
  EXPECT_EQ(set.Find("freshness.build_after.period", "hour"),
            (Ids{"analysis", "model", "seed", "snapshot", "test"}));
  EXPECT_EQ(set.Find("freshness.build_after.updates_on", "any"),
            (Ids{"analysis", "seed", "snapshot", "test"}));
}

TEST(ConfigMethodTest, ExtraHoldsTheKeysThatAreNoFields) {
  Searched set(ManifestOf(R"({"custom": "x", "materialized": "table", "deep": {"er": "y"}})"));
  EXPECT_EQ(set.Find("_extra.custom", "x"), kAll);
  EXPECT_EQ(set.Find("extra.custom", "x"), kAll);
  EXPECT_EQ(set.Find("extra.deep.er", "y"), kAll);
  EXPECT_EQ(set.Find("extra.materialized", "table"), (Ids{"source"}));
  EXPECT_EQ(set.Find("extra", "x"), Ids{});
  EXPECT_EQ(set.Find("extra.nothing", "x"), Ids{});
}

TEST(ConfigMethodTest, TrueAndFalseAreFoundByTheirNames) {
  Searched model = ModelWith(R"({"yes": true, "no": false, "text": "true", "upper": "True",
      "one": 1, "zero": 0, "none": null})");
  for (const char* value : {"true", "True", "TRUE"}) {
    EXPECT_EQ(model.Find("yes", value), kModel) << value;
    EXPECT_EQ(model.Find("no", value), Ids{}) << value;
    EXPECT_EQ(model.Find("one", value), Ids{}) << value;
  }
  for (const char* value : {"false", "False", "FALSE"}) {
    EXPECT_EQ(model.Find("no", value), kModel) << value;
    EXPECT_EQ(model.Find("yes", value), Ids{}) << value;
    EXPECT_EQ(model.Find("zero", value), Ids{}) << value;
    EXPECT_EQ(model.Find("none", value), Ids{}) << value;
  }
  // Text is compared unchanged.
  EXPECT_EQ(model.Find("text", "true"), kModel);
  EXPECT_EQ(model.Find("text", "True"), Ids{});
  EXPECT_EQ(model.Find("upper", "True"), kModel);
  EXPECT_EQ(model.Find("upper", "true"), Ids{});
  EXPECT_EQ(model.Find("yes", "1"), Ids{});
  EXPECT_EQ(model.Find("one", "1"), Ids{});
}

TEST(ConfigMethodTest, ListsAreSearched) {
  Searched model = ModelWith(R"({"tags": ["nightly", "slow"], "mixed": ["x", 7, null, ["in"]],
      "on": [true], "off": [false], "ones": [1.0], "zeros": [0], "numbers": [2], "empty": []})");
  EXPECT_EQ(model.Find("tags", "slow"), kModel);
  EXPECT_EQ(model.Find("tags", "slo"), Ids{});
  EXPECT_EQ(model.Find("tags", "Slow"), Ids{});
  EXPECT_EQ(model.Find("mixed", "x"), kModel);
  for (const char* value : {"7", "None", "in", "true", "false"}) {
    EXPECT_EQ(model.Find("mixed", value), Ids{}) << value;
  }
  EXPECT_EQ(model.Find("empty", "false"), Ids{});
  // True is in [1.0], and False in [0].
  EXPECT_EQ(model.Find("on", "True"), kModel);
  EXPECT_EQ(model.Find("ones", "true"), kModel);
  EXPECT_EQ(model.Find("numbers", "true"), Ids{});
  EXPECT_EQ(model.Find("on", "false"), Ids{});
  EXPECT_EQ(model.Find("off", "FALSE"), kModel);
  EXPECT_EQ(model.Find("zeros", "false"), kModel);
}

TEST(ConfigMethodTest, ValuesThatAreNoText) {
  const Cell one = Cell::SmallInt(1);
  const Cell yes = Cell::Bool(true);
  const Cell null = Cell::Null();
  Searched bare(
      ManifestOf(R"({"number": 1, "float": 1.0, "text": "1", "list": [2, 1], "texts": ["1"],
      "no": false})"));
  for (const char* name : {"number", "float", "list", "enabled"}) {
    EXPECT_EQ(bare.Find(name, "1", one), kAll) << name;
    EXPECT_EQ(bare.Find(name, "True", yes), kAll) << name;
  }
  for (const char* name : {"text", "texts", "no", "alias"}) {
    EXPECT_EQ(bare.Find(name, "1", one), Ids{}) << name;
  }
  EXPECT_EQ(bare.Find("lookback", "1", one), kNodes);
  EXPECT_EQ(bare.Find("no", "0", Cell::SmallInt(0)), kAll);
  EXPECT_EQ(bare.Find("alias", "None", null), kAll);  // as config.get() gives None
  EXPECT_EQ(bare.Find("no", "None", null), Ids{});
  // An omitted freshness of a model is None. That of a source is not None, but has no such field.
  EXPECT_EQ(bare.Find("freshness.build_after.count", "None", null), Ids{});
  EXPECT_EQ(bare.Find("freshness.filter", "None", null), (Ids{"source"}));
  // Empty lists, empty dicts and parts are not None.
  for (const char* name : {"tags", "meta"}) {
    EXPECT_EQ(bare.Find(name, "None", null), Ids{}) << name;
  }
  for (const char* name :
       {"docs", "contract", "quoting", "grants", "column_types", "persist_docs", "packages"}) {
    EXPECT_EQ(bare.Find(name, "None", null), (Ids{"source", "test"})) << name;
  }
  EXPECT_EQ(bare.Find("snapshot_meta_column_names", "None", null),
            (Ids{"analysis", "model", "seed", "source", "test"}));
  EXPECT_EQ(bare.Find("freshness", "None", null),
            (Ids{"analysis", "model", "seed", "snapshot", "test"}));
  EXPECT_EQ(bare.Find("freshness.warn_after", "None", null), Ids{});
  EXPECT_EQ(bare.Find("freshness.warn_after.count", "None", null), (Ids{"source"}));
  EXPECT_EQ(bare.Find("number", "None", null), Ids{});
}

TEST(ConfigMethodTest, SeverityIsComparedWithoutRegardToCase) {
  Searched tests(R"({"nodes": {
    "test.p.a": {"resource_type": "test", "config": {"severity": "warn"}},
    "test.p.b": {"resource_type": "test", "config": {"severity": "WARN", "alias": "Warn"}},
    "test.p.c": {"resource_type": "test", "config": {"meta": {"severity": "warn"}}}}})");
  EXPECT_EQ(tests.Find("severity", "Warn"), (Ids{"a", "b"}));
  EXPECT_EQ(tests.Find("severity", "error"), (Ids{"c"}));
  EXPECT_EQ(tests.Find("severity", "war"), Ids{});
  // Other names are compared case-sensitively, and so is severity elsewhere.
  EXPECT_EQ(tests.Find("alias", "warn"), Ids{});
  EXPECT_EQ(tests.Find("meta.severity", "WARN"), Ids{});
  EXPECT_EQ(tests.Find("meta.severity", "warn"), (Ids{"c"}));
  Searched lists = ModelWith(R"({"severity": ["a", "Warn"]})");
  EXPECT_EQ(lists.Find("severity", "wARN"), kModel);
}

TEST(ConfigMethodTest, KeysOfMetaAloneAreWarnedOf) {
  Searched models(R"({"nodes": {
    "model.p.a": {"resource_type": "model", "config": {"meta": {"owner": "ann", "group": "x"}}},
    "model.p.b": {"resource_type": "model", "config": {"meta": {"owner": "bob"}, "owner": "ann"}},
    "model.p.c": {"resource_type": "model", "config": {"meta": {}}},
    "seed.p.d": {"resource_type": "seed", "config": {"meta": {"owner": "ann", "group": "x"}}}}})");
  const std::string warning =
      "WARNING: The key 'owner' was not found using config.get('owner'), but was detected as a "
      "custom config under 'meta'. Please use config.meta_get('owner') or "
      "config.meta_require('owner') instead of config.get('owner') to access the custom config "
      "value if intended.";
  EXPECT_EQ(models.Find("owner", "ann"), (Ids{"b"}));
  EXPECT_EQ(models.warnings(), (Ids{warning, warning}));
  // dbt gets the first name before it looks for the next.
  EXPECT_EQ(models.Find("owner.name", "ann"), Ids{});
  EXPECT_EQ(models.warnings(), (Ids{warning, warning}));
  for (const char* name : {"group", "meta.owner", "nothing", "get"}) {
    models.Find(name, "x");
    EXPECT_EQ(models.warnings(), Ids{}) << name;
  }
}

TEST(ConfigMethodTest, EachResourceWithTheSameConfigIsWarnedOf) {
  Searched shared(ManifestOf(R"({"meta": {"owner": "ann"}})"));
  EXPECT_EQ(shared.Find("owner", "ann"), Ids{});
  EXPECT_EQ(shared.warnings().size(), kAll.size());
}

// Alternates models and seeds in the order of their ids.
std::string ManyNodes(const std::vector<std::string>& configs) {
  std::string nodes;
  for (size_t i = 0; i < configs.size(); ++i) {
    nodes.append(i == 0 ? "\"x.p." : ", \"x.p.").append(std::to_string(10'000 + i));
    nodes.append(R"(": {"resource_type": ")").append(i % 2 == 0 ? "model" : "seed");
    nodes.append(R"(", "config": )").append(configs[i]).append("}");
  }
  return R"({"nodes": {)" + nodes + "}}";
}

TEST(ConfigMethodTest, OneConfigOfManyResources) {
  Searched many(ManyNodes(std::vector<std::string>(3'000, R"({"enabled": true})")));
  EXPECT_EQ(many.Find("enabled", "true").size(), 3'000U);
  EXPECT_EQ(many.Find("materialized", "view").size(), 1'500U);
  EXPECT_EQ(many.Find("materialized", "seed").size(), 1'500U);
}

TEST(ConfigMethodTest, ManyConfigs) {
  std::vector<std::string> configs;
  configs.reserve(3'000);
  for (int i = 0; i < 3'000; ++i) {
    configs.push_back(R"({"number": )" + std::to_string(i) + R"(, "is_third": )" +
                      (i % 3 == 0 ? "true}" : "false}"));
  }
  Searched many(ManyNodes(configs));
  EXPECT_EQ(many.Find("is_third", "true").size(), 1'000U);
  EXPECT_EQ(many.Find("number", "2998", Cell::SmallInt(2998)), (Ids{"12998"}));
}

TEST(ConfigPathTest, FindsValuesRowByRow) {
  const FileImage image = testing::Convert(ManifestOf(R"({"meta": {"owner": "ann"}, "a": 7})"));
  const Document document = testing::Open(image);
  const auto find = [&](const std::vector<std::string>& names, std::string_view id, bool& in_meta) {
    in_meta = false;
    return ConfigPath(document, names).Find(document.FindRow(id), in_meta);
  };
  bool in_meta = false;
  auto found = find({"materialized"}, "seed.p.seed", in_meta);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "seed");
  found = find({"a"}, "seed.p.seed", in_meta);
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->text);
  EXPECT_EQ(found->cell, Cell::SmallInt(7));
  EXPECT_FALSE(in_meta);
  // Missing names: None for the first name, nothing for further ones.
  found = find({"owner"}, "source.p.source", in_meta);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->cell, Cell::Null());
  EXPECT_FALSE(found->text);
  EXPECT_TRUE(in_meta);
  EXPECT_FALSE(find({"b", "c"}, "source.p.source", in_meta));
  EXPECT_FALSE(find({"get"}, "source.p.source", in_meta));

  // One path for rows of all classes, in alternation.
  const std::vector<std::string> names = {"materialized"};
  ConfigPath path(document, names);
  for (int round = 0; round < 2; ++round) {
    for (const char* id : {"seed.p.seed", "model.p.model", "test.p.test", "source.p.source"}) {
      const auto value = path.Find(document.FindRow(id), in_meta);
      ASSERT_TRUE(value);
      const std::string_view type = std::string_view(id).substr(0, std::string_view(id).find('.'));
      const std::string_view expected = type == "model" ? "view" : type == "source" ? "" : type;
      EXPECT_EQ(value->text.value_or(""), expected) << id;
    }
  }
}

}  // namespace
}  // namespace flatmanifest
