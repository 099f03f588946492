#include "front/list_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace flatmanifest::front {
namespace {

using Texts = std::vector<std::string>;

TEST(ListOptionsTest, FlagsOfOptionsWithSeveralValues) {
  const auto flags = MultiOptionFlags();
  for (const char* flag : {"-s", "--select", "-m", "--models", "--model", "--exclude",
                           "--resource-type", "--resource-types", "--exclude-resource-type",
                           "--exclude-resource-types", "--output-keys"}) {
    EXPECT_EQ(std::count(flags.begin(), flags.end(), flag), 1) << flag;
  }
  EXPECT_EQ(flags.size(), 11U);
  EXPECT_TRUE(HasFlag(kModels, "-m"));
  EXPECT_TRUE(HasFlag(kModels, "--model"));
  EXPECT_FALSE(HasFlag(kModels, "--mod"));
  EXPECT_FALSE(HasFlag(kSelect, ""));
}

TEST(ListOptionsTest, ModelsExcludeSelectAndResourceTypes) {
  EXPECT_EQ(Contradiction({}), std::nullopt);
  EXPECT_EQ(Contradiction({.models = Texts{"a"}, .exclude = Texts{"b"}}), std::nullopt);
  EXPECT_EQ(Contradiction({.select = Texts{}, .models = Texts{"a"}}), std::nullopt);
  EXPECT_EQ(Contradiction({.select = Texts{"b"}, .models = Texts{"a"}}),
            R"("models" and "select" are mutually exclusive arguments)");
  EXPECT_EQ(Contradiction({.models = Texts{"a"}, .resource_types = Texts{"seed"}}),
            R"("models" and "resource_type" are mutually exclusive arguments)");
}

TEST(ListOptionsTest, RequestHasTheOptionsThatAreGiven) {
  const SelectionRequest everything = RequestOf({});
  EXPECT_EQ(everything.select, std::nullopt);
  EXPECT_EQ(everything.selector, std::nullopt);
  EXPECT_EQ(RequestOf({.select = Texts{}}).select, std::nullopt);

  const SelectionRequest request = RequestOf({.select = Texts{"tag:a b"},
                                              .exclude = Texts{"c"},
                                              .resource_types = Texts{"model  seed", "test"},
                                              .exclude_resource_types = Texts{"test source"},
                                              .selector = "nightly",
                                              .indirect_selection = "empty"});
  EXPECT_EQ(request.select, Texts{"tag:a b"});
  EXPECT_EQ(request.exclude, Texts{"c"});
  EXPECT_EQ(request.resource_types, (Texts{"model", "seed", "test"}));
  EXPECT_EQ(request.exclude_resource_types, (Texts{"test", "source"}));
  EXPECT_EQ(request.selector, "nightly");
  EXPECT_EQ(request.indirect_selection, IndirectSelection::kEmpty);
  EXPECT_THROW(RequestOf({.indirect_selection = "eagerly"}), SelectionError);
}

TEST(ListOptionsTest, ModelsAreASelectionOfModels) {
  const SelectionRequest request = RequestOf({.models = Texts{"stg_*"}});
  EXPECT_EQ(request.select, Texts{"stg_*"});
  EXPECT_EQ(request.resource_types, Texts{"model"});
}

}  // namespace
}  // namespace flatmanifest::front
