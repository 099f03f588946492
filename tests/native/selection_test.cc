#include "select/selection.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/message_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::MessageOf;
using Ids = std::vector<std::string>;

// raw (source) -> stg -> orders -> mart, and customers -> mart; t_stg tests stg, t_both tests
// orders and customers; off is disabled; exposure dash depends on mart.
constexpr std::string_view kSelectedManifest = R"({
"metadata": {"project_name": "shop"},
"nodes": {
 "model.shop.stg": {"resource_type": "model", "package_name": "shop", "name": "stg",
   "fqn": ["shop", "staging", "stg"], "tags": ["nightly"], "raw_code": "select 1",
   "original_file_path": "models/staging/stg.sql", "patch_path": "shop://models/schema.yml",
   "config": {"enabled": true, "materialized": "view", "meta": {"owner": "ann", "tier": [1, "gold"]},
              "group": "core"},
   "depends_on": {"nodes": ["source.shop.raw.t"]}},
 "model.shop.orders": {"resource_type": "model", "package_name": "shop", "name": "orders",
   "fqn": ["shop", "marts", "orders"], "tags": ["nightly", "slow"], "raw_code": " \n",
   "original_file_path": "models/marts/orders.sql", "access": "public",
   "config": {"enabled": true, "materialized": "table"}, "depends_on": {"nodes": ["model.shop.stg"]}},
 "model.shop.customers": {"resource_type": "model", "package_name": "shop", "name": "customers",
   "fqn": ["shop", "marts", "customers", "v2"], "tags": [], "version": 2, "latest_version": 3,
   "raw_code": "select 2", "original_file_path": "models/marts/customers.sql",
   "config": {"enabled": true, "materialized": "table", "lookback": 7}, "depends_on": {"nodes": []}},
 "model.lib.mart": {"resource_type": "model", "package_name": "lib", "name": "mart",
   "fqn": ["lib", "mart"], "tags": [], "raw_code": "select 3", "original_file_path": "models/mart.sql",
   "config": {"enabled": true}, "depends_on": {"nodes": ["model.shop.orders", "model.shop.customers"]}},
 "model.shop.off": {"resource_type": "model", "package_name": "shop", "name": "off",
   "fqn": ["shop", "off"], "tags": [], "raw_code": "x", "original_file_path": "models/off.sql",
   "config": {"enabled": false}, "depends_on": {"nodes": ["model.shop.stg"]}},
 "analysis.shop.look": {"resource_type": "analysis", "package_name": "shop", "name": "look",
   "fqn": ["shop", "look"], "tags": [], "raw_code": "x", "original_file_path": "analyses/look.sql",
   "config": {"enabled": true}, "depends_on": {"nodes": []}},
 "test.shop.t_stg": {"resource_type": "test", "package_name": "shop", "name": "t_stg",
   "fqn": ["shop", "t_stg"], "tags": [], "raw_code": "x", "original_file_path": "models/schema.yml",
   "config": {"enabled": true, "severity": "warn"}, "test_metadata": {"name": "unique"},
   "depends_on": {"nodes": ["model.shop.stg"]}},
 "test.shop.t_both": {"resource_type": "test", "package_name": "shop", "name": "t_both",
   "fqn": ["shop", "t_both"], "tags": [], "raw_code": "x", "original_file_path": "tests/t_both.sql",
   "config": {"enabled": true}, "depends_on": {"nodes": ["model.shop.orders", "model.shop.customers"]}}},
"sources": {"source.shop.raw.t": {"resource_type": "source", "package_name": "shop",
   "source_name": "raw", "name": "t", "fqn": ["shop", "raw", "t"], "tags": [],
   "original_file_path": "models/schema.yml", "config": {"enabled": true}}},
"exposures": {"exposure.shop.dash": {"resource_type": "exposure", "package_name": "shop",
   "name": "dash", "fqn": ["shop", "dash"], "tags": ["bi"], "original_file_path": "models/e.yml",
   "config": {"enabled": true}, "depends_on": {"nodes": ["model.lib.mart"]}}},
"selectors": {
  "nightly": {"name": "nightly", "definition": {"method": "tag", "value": "nightly"}},
  "deep": {"name": "deep", "definition": {"union": [
     {"method": "fqn", "value": "stg", "children": true, "children_depth": "1"},
     {"intersection": [{"method": "tag", "value": "nightly"}, {"method": "tag", "value": "slow"}]},
     {"exclude": [{"method": "test_name", "value": "uni*"}]}]}},
  "careful": {"name": "careful", "definition": {"method": "fqn", "value": "orders",
     "indirect_selection": "cautious", "exclude": [{"method": "selector", "value": "nightly"}, "lib.*"]}},
  "number": {"name": "number", "definition": {"config.lookback": 7}}}
})";

class SelectionTest : public ::testing::Test {
 protected:
  explicit SelectionTest(std::string_view json = kSelectedManifest)
      : image_(testing::Convert(json)), document_(testing::Open(image_)), selector_(document_) {}

  // Short names of the selected rows: the last parts of the unique ids.
  Ids Select(const SelectionRequest& request) {
    const Selection selection = selector_.Select(request);
    warnings_ = selection.warnings;
    Ids names;
    for (const Row row : selection.rows) {
      const std::string id(document_.String(document_.resources().unique_id[row]));
      names.push_back(id.substr(id.rfind('.') + 1));
    }
    return names;
  }
  Ids Select(std::string_view text, IndirectSelection mode = IndirectSelection::kEager) {
    return Select({.select = Ids{std::string(text)}, .indirect_selection = mode});
  }
  Ids SelectBy(const std::string& selector) { return Select({.selector = selector}); }
  std::string ErrorOf(std::string_view text) {
    return MessageOf<SelectionError>([&] { Select(text); });
  }

  FileImage image_;
  Document document_;
  Selector selector_;
  Ids warnings_;
};

TEST_F(SelectionTest, EverythingButTheDisabledAndAnalyses) {
  EXPECT_EQ(Select(SelectionRequest{}),
            (Ids{"dash", "mart", "customers", "orders", "stg", "t", "t_both", "t_stg"}));
  EXPECT_EQ(warnings_, Ids{});
}

TEST_F(SelectionTest, Relatives) {
  EXPECT_EQ(Select("+orders", IndirectSelection::kEmpty), (Ids{"orders", "stg", "t"}));
  EXPECT_EQ(Select("1+orders", IndirectSelection::kEmpty), (Ids{"orders", "stg"}));
  EXPECT_EQ(Select("orders+1", IndirectSelection::kEmpty), (Ids{"mart", "orders", "t_both"}));
  EXPECT_EQ(Select("stg+", IndirectSelection::kEmpty),
            (Ids{"dash", "mart", "orders", "stg", "t_both", "t_stg"}));
  EXPECT_EQ(Select("@orders", IndirectSelection::kEmpty),
            (Ids{"dash", "mart", "customers", "orders", "stg", "t", "t_both"}));
}

TEST_F(SelectionTest, Sets) {
  EXPECT_EQ(Select("stg customers", IndirectSelection::kEmpty), (Ids{"customers", "stg"}));
  EXPECT_EQ(Select("tag:nightly,tag:slow", IndirectSelection::kEmpty), (Ids{"orders"}));
  EXPECT_EQ(Select({.select = Ids{"tag:nightly", "customers"},
                    .exclude = {"stg"},
                    .indirect_selection = IndirectSelection::kEmpty}),
            (Ids{"customers", "orders"}));
}

TEST_F(SelectionTest, IndirectSelection) {
  EXPECT_EQ(Select("orders"), (Ids{"orders", "t_both"}));
  EXPECT_EQ(Select("orders", IndirectSelection::kCautious), (Ids{"orders"}));
  EXPECT_EQ(Select("orders customers", IndirectSelection::kCautious),
            (Ids{"customers", "orders", "t_both"}));
  EXPECT_EQ(Select("mart", IndirectSelection::kBuildable), (Ids{"mart"}));
  EXPECT_EQ(Select("mart orders", IndirectSelection::kBuildable),
            (Ids{"mart", "orders", "t_both"}));
  EXPECT_EQ(Select("stg", IndirectSelection::kCautious), (Ids{"stg", "t_stg"}));
}

TEST_F(SelectionTest, Methods) {
  const auto mode = IndirectSelection::kEmpty;
  EXPECT_EQ(Select("source:raw", mode), (Ids{"t"}));
  EXPECT_EQ(Select("source:shop.r*.t", mode), (Ids{"t"}));
  EXPECT_EQ(Select("exposure:lib.dash", mode), (Ids{}));
  EXPECT_EQ(Select("exposure:*", mode), (Ids{"dash"}));
  EXPECT_EQ(Select("package:this,resource_type:model", mode), (Ids{"customers", "orders", "stg"}));
  EXPECT_EQ(Select("group:c*", mode), (Ids{"stg"}));
  EXPECT_EQ(Select("access:public", mode), (Ids{"orders"}));
  EXPECT_EQ(Select("access:protected", mode), (Ids{"mart", "customers", "stg"}));
  EXPECT_EQ(Select("path:models/marts", mode), (Ids{"customers", "orders"}));
  EXPECT_EQ(Select("models/schema.yml", mode), (Ids{"stg", "t", "t_stg"}));
  EXPECT_EQ(Select("file:orders", mode), (Ids{"orders"}));
  EXPECT_EQ(Select("stg.sql", mode), (Ids{"stg"}));
  EXPECT_EQ(Select("test_name:unique", mode), (Ids{"t_stg"}));
  EXPECT_EQ(Select("test_type:singular", mode), (Ids{"t_both"}));
  EXPECT_EQ(Select("test_type:generic", mode), (Ids{"t_stg"}));
  EXPECT_EQ(Select("test_type:data", mode), (Ids{"t_both", "t_stg"}));
  EXPECT_EQ(Select("version:old", mode), (Ids{"customers"}));
  EXPECT_EQ(Select("version:none", mode), (Ids{"mart", "orders", "stg"}));
  EXPECT_EQ(Select("customers.v2", mode), (Ids{"customers"}));
}

TEST_F(SelectionTest, Config) {
  const auto mode = IndirectSelection::kEmpty;
  EXPECT_EQ(Select("config.materialized:table", mode), (Ids{"customers", "orders"}));
  EXPECT_EQ(Select("config.materialized:view", mode), (Ids{"mart", "stg"}));  // mart by default
  EXPECT_EQ(Select("config.meta.owner:ann", mode), (Ids{"stg"}));
  EXPECT_EQ(Select("config.meta.tier:gold", mode), (Ids{"stg"}));
  EXPECT_EQ(Select("config.meta.tier:true", mode), (Ids{"stg"}));  // True is in [1]
  EXPECT_EQ(Select("config.meta.tier:1", mode), (Ids{}));
  EXPECT_EQ(Select("config.severity:WARN", mode), (Ids{"t_stg"}));
  EXPECT_EQ(Select("config.severity:error", mode), (Ids{"t_both"}));
  EXPECT_EQ(Select("config.contract.enforced:FALSE", mode),
            (Ids{"mart", "customers", "orders", "stg"}));
  EXPECT_EQ(Select("config.docs.show:true,customers", mode), (Ids{"customers"}));
  EXPECT_EQ(Select("config.owner:ann", mode), (Ids{}));
  ASSERT_EQ(warnings_.size(), 3U);  // of the key in meta, of the criterion, and of no nodes
  EXPECT_TRUE(warnings_[0].starts_with("WARNING: The key 'owner' was not found"));
}

TEST_F(SelectionTest, YamlSelectors) {
  EXPECT_EQ(SelectBy("nightly"), (Ids{"orders", "stg", "t_both", "t_stg"}));
  EXPECT_EQ(SelectBy("deep"), (Ids{"orders", "stg", "t_both"}));
  EXPECT_EQ(SelectBy("careful"), Ids{});
  EXPECT_EQ(SelectBy("number"), (Ids{"customers", "t_both"}));
  EXPECT_EQ(MessageOf<SelectionError>([&] { SelectBy("x"); }),
            "Could not find selector named x, expected one of "
            "['nightly', 'deep', 'careful', 'number']");
}

TEST_F(SelectionTest, SelectorsOfThisCommandTakeThePlaceOfTheManifests) {
  const FileImage image = testing::Convert(R"({"nodes": {}, "selectors": {
    "nightly": {"name": "nightly", "definition": {"method": "fqn", "value": "customers"}},
    "added": {"name": "added", "default": true, "definition": {"method": "tag", "value": "slow"}}}})");
  const Document document = testing::Open(image);
  SelectionRequest request{.selector = "nightly",
                           .indirect_selection = IndirectSelection::kEmpty,
                           .dbt_version = "1.12.6"};
  EXPECT_EQ(Select(request), (Ids{"orders", "stg"}));
  request.selectors = &document;
  EXPECT_EQ(Select(request), (Ids{"customers"}));
  request.selector = "added";
  EXPECT_EQ(Select(request), (Ids{"orders"}));
  request.selector = std::nullopt;
  EXPECT_EQ(Select(request), (Ids{"orders"}));  // by the default
  request.select = Ids{"selector:nightly"};
  EXPECT_EQ(Select(request), (Ids{"customers"}));
  request.select = std::nullopt;
  request.selector = "deep";
  EXPECT_EQ(MessageOf<SelectionError>([&] { Select(request); }),
            "Could not find selector named deep, expected one of ['nightly', 'added']");
}

TEST_F(SelectionTest, ReleasesOfDbt) {
  const auto select = [this](const char* text, const char* version) {
    SelectionRequest request;
    request.select = Ids{text};
    request.indirect_selection = IndirectSelection::kEmpty;
    request.dbt_version = version;
    return Select(request);
  };
  // By the name alone, or from the beginning of the fully qualified name.
  EXPECT_EQ(select("cust*", "1.11.16"), (Ids{"customers"}));
  EXPECT_EQ(select("cust*", "1.11.15"), Ids{});
  EXPECT_EQ(select("cust*", "1.12.5"), Ids{});
  EXPECT_EQ(select("cust*", "1.12.6"), (Ids{"customers"}));
  EXPECT_EQ(select("cust*", "2.0.0-beta"), (Ids{"customers"}));
  EXPECT_EQ(select("cust*", "unknown"), (Ids{"customers"}));
  EXPECT_EQ(select("selector:night*", "1.12.0"), (Ids{"orders", "stg"}));
  EXPECT_EQ(select("selector:careful+", "1.12.0"), Ids{});
  EXPECT_EQ(MessageOf<SelectionError>([&] { select("selector:x", "1.12.0"); }),
            "Selector 'x' did not match any selector in selectors.yml");
  EXPECT_EQ(MessageOf<SelectionError>([&] { select("selector:nightly", "1.11.16"); }),
            "'selector' is not a valid method name");
}

TEST_F(SelectionTest, Types) {
  EXPECT_EQ(Select({.resource_types = {"analysis"}}), (Ids{"look"}));
  EXPECT_EQ(Select({.resource_types = {"source", "exposure"}}), (Ids{"dash", "t"}));
  EXPECT_EQ(Select({.resource_types = {"all"}, .exclude_resource_types = {"model", "test"}}),
            (Ids{"look", "dash", "t"}));
  EXPECT_EQ(Select({.exclude_resource_types = {"model", "test"}}), (Ids{"dash", "t"}));
  EXPECT_EQ(MessageOf<SelectionError>([&] { Select({.resource_types = {"modle"}}); }),
            "'modle' is not a valid NodeType");
}

TEST_F(SelectionTest, EmptyModels) {
  EXPECT_EQ(Select({.select = Ids{"marts"},
                    .indirect_selection = IndirectSelection::kEmpty,
                    .include_empty = false}),
            (Ids{"customers"}));
}

TEST_F(SelectionTest, Warnings) {
  EXPECT_EQ(Select("orders nothing,tag:* tag:none"), (Ids{"orders", "t_both"}));
  EXPECT_EQ(warnings_,
            (Ids{"The selection criterion 'nothing,tag:*' does not match any enabled nodes",
                 "The selection criterion 'tag:none' does not match any enabled nodes"}));
  EXPECT_EQ(Select(""), Ids{});
  EXPECT_EQ(warnings_, (Ids{"The selection criterion '' does not match any enabled nodes",
                            "No nodes selected!"}));
}

TEST_F(SelectionTest, Errors) {
  EXPECT_EQ(ErrorOf("orders bad:x"), "'bad' is not a valid method name");
  EXPECT_EQ(ErrorOf("source:a.b.c.d"),
            "Invalid source selector value \"a.b.c.d\". Sources must be of the form "
            "`${source_name}`, `${source_name}.${target_name}`, or "
            "`${package_name}.${source_name}.${target_name}");
  EXPECT_EQ(
      ErrorOf("metric:a.b.c"),
      "Invalid metric selector value \"a.b.c\". Metrics must be of the form ${metric_name} or "
      "${metric_package.metric_name}");
  EXPECT_EQ(ErrorOf("resource_type:modle"), "Invalid resource_type selector \"modle\"");
  EXPECT_EQ(
      ErrorOf("test_type:x"),
      "Invalid test type selector x: expected \"generic\", \"singular\", \"unit\", or \"data\"");
  EXPECT_EQ(
      ErrorOf("version:x"),
      "Invalid version type selector x: expected one of: \"latest\", \"prerelease\", \"old\", "
      "or \"none\"");
  EXPECT_EQ(ErrorOf("state:new"), "Got a state selector method, but no comparison manifest");
}

TEST_F(SelectionTest, ManyNamesAreIndexed) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "x" + std::to_string(i) + " ";
  text += "shop.marts customers_v2 stg lib.mart";
  EXPECT_EQ(Select(text, IndirectSelection::kEmpty), (Ids{"mart", "customers", "orders", "stg"}));
}

// A manifest with only the given YAML selectors.
class YamlSelectorsTest : public ::testing::Test {
 protected:
  static std::string ErrorOf(const std::string& definition) {
    const FileImage image = testing::Convert(
        R"({"nodes": {}, "selectors": {"s": {"name": "s", "definition": )" + definition + "}}}");
    const Document document = testing::Open(image);
    const Selector selector(document);
    return MessageOf<SelectionError>([&] { selector.Select({.selector = "s"}); });
  }
  static std::string Runtime(const std::string& message) {
    return "Could not read selector file data: Runtime Error\n  " + message;
  }
};

TEST_F(YamlSelectorsTest, Errors) {
  EXPECT_EQ(ErrorOf(R"({"union": {}})"),
            Runtime("Invalid value for key \"union\". Expected a list."));
  EXPECT_EQ(ErrorOf(R"({"union": [1]})"),
            Runtime("Invalid value type <class 'int'> in key \"union\", expected dict or str "
                    "(value: 1)."));
  EXPECT_EQ(ErrorOf(R"({"union": [], "intersection": []})"),
            Runtime("Only a single 'union' or 'intersection' key is allowed in a root level "
                    "selector definition; found union,intersection."));
  EXPECT_EQ(ErrorOf(R"({"method": "tag", "valu": "x"})"),
            Runtime("Expected either 1 key or else \"method\" and \"value\" keys, but got "
                    "['method', 'valu']"));
  EXPECT_EQ(ErrorOf(R"({"method": "selector", "value": "t"})"),
            Runtime("Existing selector definition for t not found."));
  EXPECT_EQ(ErrorOf(R"({"error": "Invalid selector spec"})"),
            Runtime("'error' is not a valid method name"));
  EXPECT_EQ(ErrorOf(R"({"method": "tag", "value": "x", "children": true,
                        "childrens_parents": true})"),
            Runtime("Invalid node spec {'method': 'tag', 'value': 'x', 'children': True, "
                    "'childrens_parents': True} - \"@\" prefix and \"+\" suffix are incompatible"));
  EXPECT_EQ(ErrorOf(R"({"method": "tag", "value": "x", "parents_depth": "two"})"),
            Runtime("Invalid node spec - could not handle parent depth two"));
}

TEST_F(YamlSelectorsTest, SelectorsThatInheritFromEachOther) {
  const FileImage image = testing::Convert(R"({"nodes": {}, "selectors": {
    "a": {"name": "a", "definition": {"method": "selector", "value": "b"}},
    "b": {"name": "b", "definition": {"method": "selector", "value": "a"}}}})");
  const Document document = testing::Open(image);
  const Selector selector(document);
  EXPECT_EQ(MessageOf<SelectionError>(
                [&] { selector.Select({.selector = "a", .dbt_version = "1.12.6"}); }),
            "Circular dependency detected in selector: {'method': 'selector', 'value': 'a'}");
}

TEST_F(YamlSelectorsTest, NestingHasAnEnd) {
  std::string definition = R"({"tag": "x"})";
  for (int i = 0; i < 400; ++i) definition.insert(0, R"({"union": [)").append("]}");
  const FileImage image = testing::Convert(
      R"({"nodes": {}, "selectors": {"s": {"name": "s", "definition": )" + definition + "}}}");
  const Document document = testing::Open(image);
  EXPECT_TRUE(Selector(document).Select({.selector = "s"}).rows.empty());
}

}  // namespace
}  // namespace flatmanifest
