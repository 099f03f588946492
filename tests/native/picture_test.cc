#include "listing/picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "format/error.h"
#include "listing/graphviz.h"
#include "listing/lineage.h"
#include "testing/message_of.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

using testing::MessageOf;

// Models by name, each with its dependencies.
using Models = std::map<std::string, std::vector<std::string>>;

class Project {
 public:
  explicit Project(const Models& models) : image_(testing::Convert(Json(models))) {}

  Document document() const { return testing::Open(image_); }

  // The rows for which `is_selected(name)` is true.
  Lineage LineageOf(const std::function<bool(std::string_view)>& is_selected) const {
    const Document all = document();
    std::vector<Row> rows;
    for (Row row = 0; row < all.resources().graph_count; ++row) {
      if (is_selected(all.String(all.resources().name[row]))) rows.push_back(row);
    }
    return BuildLineage(Dependencies(all), rows);
  }
  Lineage LineageOfAll() const {
    return LineageOf([](std::string_view) { return true; });
  }

  std::string Tree(const Lineage& lineage, TreeStyle style = {}) const {
    BulkText out;
    WriteTree(document(), lineage, style, out);
    return std::string(out.text());
  }
  std::string Dot(const Lineage& lineage) const {
    BulkText out;
    WriteDot(document(), lineage, out);
    return std::string(out.text());
  }

 private:
  // Names must contain no character that JSON escapes.
  static std::string Json(const Models& models) {
    std::string json = "{\"nodes\": {";
    bool is_first = true;
    for (const auto& [name, parents] : models) {
      if (!is_first) json += ", ";
      is_first = false;
      json.append("\"model.p.").append(name);
      json.append(R"(": {"resource_type": "model", "name": ")").append(name);
      json.append(R"(", "depends_on": {"nodes": [)");
      for (size_t i = 0; i < parents.size(); ++i) {
        json.append(i == 0 ? "\"model.p." : ", \"model.p.").append(parents[i]).append("\"");
      }
      json += "]}}";
    }
    return json + "}}";
  }

  FileImage image_;
};

std::string Numbered(std::string_view prefix, int number) {
  std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(6 - digits.size(), '0') + digits;
}

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

const Models kDiamond = {{"a", {}}, {"b", {"a"}}, {"c", {"a"}}, {"d", {"b", "c"}}, {"e", {"d"}}};

TEST(TreeTest, DrawsEachResourceOnceAndMarksRepetitions) {
  const Project project(kDiamond);
  EXPECT_EQ(project.Tree(project.LineageOfAll()),
            "a (model)\n"
            "├── b (model)\n"
            "│   └── d (model)\n"
            "│       └── e (model)\n"
            "└── c (model)\n"
            "    └── d (model) (*)\n");
}

TEST(TreeTest, MarksRepeatedLeaves) {
  const Project project({{"a", {}}, {"b", {}}, {"leaf", {"a", "b"}}});
  EXPECT_EQ(project.Tree(project.LineageOfAll()),
            "a (model)\n└── leaf (model)\nb (model)\n└── leaf (model) (*)\n");
}

TEST(TreeTest, InAscii) {
  const Project project(kDiamond);
  EXPECT_EQ(project.Tree(project.LineageOfAll(), {.unicode = false}),
            "a (model)\n"
            "|-- b (model)\n"
            "|   `-- d (model)\n"
            "|       `-- e (model)\n"
            "`-- c (model)\n"
            "    `-- d (model) (*)\n");
}

TEST(TreeTest, InColour) {
  const Project project(Models{{"a", {}}});
  EXPECT_EQ(project.Tree(project.LineageOfAll(), {.colour = true}), "\x1b[34ma\x1b[0m (model)\n");
}

TEST(TreeTest, LeadsAcrossUnselectedNodes) {
  const Project project(kDiamond);
  const auto ends = project.LineageOf([](std::string_view name) { return name != "b"; });
  EXPECT_EQ(project.Tree(ends),
            "a (model)\n├── c (model)\n│   └── d (model)\n│       └── e (model)\n"
            "└── d (model) (*)\n");
}

TEST(TreeTest, OfNothing) {
  const Project project(kDiamond);
  EXPECT_EQ(project.Tree(project.LineageOf([](std::string_view) { return false; })), "");
}

TEST(TreeTest, OfCycles) {
  const Project project({{"a", {"c"}}, {"b", {"a"}}, {"c", {"b"}}, {"self", {"self"}}});
  EXPECT_EQ(project.Tree(project.LineageOfAll()),
            "self (model)\na (model)\n└── b (model)\n    └── c (model)\n"
            "        └── a (model) (*)\n");
}

TEST(TreeTest, DeepOnesGoOnAtTheLeft) {
  Models models;
  constexpr int kLength = 20'000;
  // Names in descending order, so that the order of drawing is not that of unique_ids.
  for (int i = 0; i < kLength; ++i) {
    models[Numbered("m", kLength - i)] = {};
    if (i > 0) models[Numbered("m", kLength - i)] = {Numbered("m", kLength - i + 1)};
  }
  const Project project(models);
  const std::string tree = project.Tree(project.LineageOfAll());
  EXPECT_LT(tree.size(), size_t{kLength} * 200);
  EXPECT_EQ(Count(tree, " (*)"), 0U);
  EXPECT_EQ(Count(tree, "\n"), kLength + Count(tree, " ...\n"));
  for (const int number : {1, 77, kLength}) {
    EXPECT_GE(Count(tree, Numbered("m", number) + " (model)\n"), 1U) << number;
  }
}

TEST(TreeTest, NamesCannotCommandTheTerminal) {
  const Project project(Models{{R"(a\u001b[2J\u009b\u007f)", {}}});
  EXPECT_EQ(project.Tree(project.LineageOfAll()), "a\\u001b[2J\\u009b\\u007f (model)\n");
}

TEST(DotTest, NamesNodesAndEdges) {
  const Project project({{"a", {}}, {"b", {"a"}}});
  const std::string dot = project.Dot(project.LineageOfAll());
  EXPECT_EQ(Count(dot, "  \"model.p.a\" [label=\"a\", fillcolor=\"#cfe8fc\"];\n"), 1U) << dot;
  EXPECT_EQ(Count(dot, "  \"model.p.a\" -> \"model.p.b\";\n"), 1U) << dot;
  EXPECT_EQ(dot, project.Dot(project.LineageOfAll()));
}

TEST(DotTest, EscapesNames) {
  const Project project(Models{{R"(q\"b\\s&lt;\n)", {}}});
  const std::string dot = project.Dot(project.LineageOfAll());
  EXPECT_EQ(Count(dot, R"([label="q\"b\\s&amp;lt;\\u000a")"), 1U) << dot;
}

TEST(LineageTest, RefusesProductsOfThousands) {
  constexpr int kEach = 1'500;
  Models models;
  std::vector<std::string> above;
  above.reserve(kEach);
  for (int i = 0; i < kEach; ++i) above.push_back(Numbered("above", i));
  for (const std::string& name : above) models[name] = {};
  models["hub"] = above;
  for (int i = 0; i < kEach; ++i) models[Numbered("below", i)] = {"hub"};
  const Project project(models);
  EXPECT_EQ(project.LineageOfAll().edge_count, 2U * kEach);
  const std::string message = MessageOf<Error>(
      [&] { project.LineageOf([](std::string_view name) { return name != "hub"; }); });
  EXPECT_NE(message.find("1,000,000"), std::string::npos) << message;
  // Rows that lead to nothing selected cost nothing.
  const auto upper = project.LineageOf([](std::string_view name) { return name[0] == 'a'; });
  EXPECT_EQ(upper.edge_count, 0U);
}

// Graphviz is a program that may be missing; then these tests do nothing.
bool HasDot() { return std::system("dot -V >/dev/null 2>&1") == 0; }

TEST(GraphvizTest, DrawsEscapedNamesInBothLayouts) {
  if (!HasDot()) GTEST_SKIP() << "Graphviz is not installed";
  const Project project({{R"(q\"b\\s&lt;<\n)", {}}, {"größe", {}}});
  const std::string dot = project.Dot(project.LineageOfAll());
  for (const Layout layout : {Layout::kLayers, Layout::kForces}) {
    const std::string svg = DotToSvg(dot, layout);
    EXPECT_EQ(Count(svg, "class=\"node\""), 2U) << svg;
    EXPECT_EQ(Count(svg, R"(>q&quot;b\s&amp;lt;&lt;\u000a</text>)"), 1U) << svg;
  }
}

TEST(GraphvizTest, ReportsDotsMessage) {
  if (!HasDot()) GTEST_SKIP() << "Graphviz is not installed";
  const std::string message = MessageOf<Error>([] { DotToSvg("digraph {", Layout::kLayers); });
  EXPECT_NE(message.find("dot failed with status 1: "), std::string::npos) << message;
  EXPECT_NE(message.find("syntax error"), std::string::npos) << message;
}

}  // namespace
}  // namespace flatmanifest
