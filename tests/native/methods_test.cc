#include "select/methods.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "select/selection.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using ListOfNames = std::vector<std::string>;

// Resources with the same names in two packages and several collections.
constexpr std::string_view kManifestOfMethods = R"({
"nodes": {
 "model.shop.m": {"resource_type": "model", "package_name": "shop", "name": "m",
   "fqn": ["shop", "m"], "tags": [], "config": {"enabled": true}, "raw_code": "x"},
 "test.shop.g": {"resource_type": "test", "package_name": "shop", "name": "g",
   "fqn": ["shop", "g"], "tags": [], "config": {"enabled": true}, "raw_code": "x",
   "test_metadata": {"name": "unique"}},
 "test.shop.s": {"resource_type": "test", "package_name": "shop", "name": "s",
   "fqn": ["shop", "s"], "tags": [], "config": {"enabled": true}, "raw_code": "x",
   "test_metadata": null}},
"sources": {
 "source.shop.raw.t": {"resource_type": "source", "package_name": "shop", "source_name": "raw",
   "name": "t", "fqn": ["shop", "raw", "t"]},
 "source.lib.raw.t": {"resource_type": "source", "package_name": "lib", "source_name": "raw",
   "name": "t", "fqn": ["lib", "raw", "t"]}},
"exposures": {"exposure.shop.same": {"resource_type": "exposure", "package_name": "shop",
   "name": "same", "fqn": ["shop", "same"], "tags": []}},
"metrics": {"metric.shop.same": {"resource_type": "metric", "package_name": "shop",
   "name": "same", "fqn": ["shop", "same"], "tags": []}},
"semantic_models": {"semantic_model.shop.same": {"resource_type": "semantic_model",
   "package_name": "shop", "name": "same", "fqn": ["shop", "same"]}},
"saved_queries": {"saved_query.shop.same": {"resource_type": "saved_query",
   "package_name": "shop", "name": "same", "fqn": ["shop", "same"], "tags": []}},
"unit_tests": {"unit_test.shop.m.same": {"resource_type": "unit_test", "package_name": "shop",
   "name": "same", "fqn": ["shop", "m", "same"], "config": {"tags": ["quick"]}}}
})";

class MethodsTest : public ::testing::Test {
 protected:
  // Unique ids, without those that the tests of a model add.
  ListOfNames Select(const std::string& text) {
    ListOfNames ids;
    for (const Row row :
         selector_
             .Select({.select = ListOfNames{text}, .indirect_selection = IndirectSelection::kEmpty})
             .rows) {
      ids.emplace_back(document_.String(document_.resources().unique_id[row]));
    }
    return ids;
  }

  const FileImage image_ = testing::Convert(kManifestOfMethods);
  const Document document_ = testing::Open(image_);
  const Selector selector_{document_};
};

TEST_F(MethodsTest, SourcesOfOnePackage) {
  EXPECT_EQ(Select("source:raw"), (ListOfNames{"source.lib.raw.t", "source.shop.raw.t"}));
  EXPECT_EQ(Select("source:lib.raw.t"), ListOfNames{"source.lib.raw.t"});
}

TEST_F(MethodsTest, EqualNamesAreToldApartByTheMethod) {
  EXPECT_EQ(Select("exposure:same"), ListOfNames{"exposure.shop.same"});
  EXPECT_EQ(Select("metric:same"), ListOfNames{"metric.shop.same"});
  EXPECT_EQ(Select("semantic_model:same"), ListOfNames{"semantic_model.shop.same"});
  EXPECT_EQ(Select("saved_query:same"), ListOfNames{"saved_query.shop.same"});
  EXPECT_EQ(Select("unit_test:same"), ListOfNames{"unit_test.shop.m.same"});
  EXPECT_EQ(Select("metric:lib.same"), ListOfNames());
}

TEST_F(MethodsTest, UnitTestsHaveATypeANameAndTheTagsOfTheirConfig) {
  EXPECT_EQ(Select("test_type:unit"), ListOfNames{"unit_test.shop.m.same"});
  EXPECT_EQ(Select("test_name:same"), ListOfNames{"unit_test.shop.m.same"});
  EXPECT_EQ(Select("tag:quick"), ListOfNames{"unit_test.shop.m.same"});
}

TEST_F(MethodsTest, TestsWithoutMetadataAreSingular) {
  EXPECT_EQ(Select("test_type:generic"), ListOfNames{"test.shop.g"});
  EXPECT_EQ(Select("test_type:singular"), ListOfNames{"test.shop.s"});
  EXPECT_EQ(Select("test_type:data"), (ListOfNames{"test.shop.g", "test.shop.s"}));
}

}  // namespace
}  // namespace flatmanifest
