// Tests with manifests of real projects and every version of dbt: the *.json and *.json.gz in the
// directory named by the environment variable FLATMANIFEST_CORPUS.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "convert/convert.h"
#include "format/verify.h"
#include "store/input_file.h"
#include "testing/sample_manifest.h"

namespace flatmanifest {
namespace {

std::vector<std::string> CorpusFiles() {
  const char* directory = std::getenv("FLATMANIFEST_CORPUS");
  std::vector<std::string> paths;
  if (directory == nullptr) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string path = entry.path().string();
    if (path.ends_with(".json") || path.ends_with(".json.gz")) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

#define SKIP_WITHOUT_CORPUS(paths) \
  if ((paths).empty()) GTEST_SKIP() << "FLATMANIFEST_CORPUS names no directory of manifests"

FileImage ConvertText(const PaddedText& text) {
  return ConvertJson(text.padded(), testing::kSampleName, {});
}

// Whether json.dumps wrote it with its defaults: then exporting must give the same text.
bool IsByJsonDumps(std::string_view json) { return json.starts_with("{\""); }

TEST(CorpusTest, ComesOutAsItWentIn) {
  const std::vector<std::string> paths = CorpusFiles();
  SKIP_WITHOUT_CORPUS(paths);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const InputFile input = ReadInput(path);
    std::string_view json = input.text.text();
    json = json.substr(0, json.find_last_not_of('\n') + 1);
    const FileImage image = ConvertText(input.text);
    const Document document = testing::Open(image);
    EXPECT_NO_THROW(Verify(document));
    const std::string written = testing::JsonOf(document);
    if (IsByJsonDumps(json)) {
      EXPECT_TRUE(written == json)
          << "first difference at byte "
          << std::mismatch(written.begin(), written.end(), json.begin(), json.end()).first -
                 written.begin();
    } else {
      EXPECT_TRUE(testing::JsonOf(testing::Open(testing::Convert(written))) == written);
    }
  }
}

// The `names` that are rows of the graph.
std::vector<Row> GraphRows(const Document& document, Cell names) {
  std::vector<Row> rows;
  for (const Cell name : document.Elements(names)) {
    const Row row = document.FindRow(document.String(name.index()));
    if (row < document.resources().graph_count) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

// dbt also writes the graph into the manifest, as parent_map and child_map.
void ExpectGraphLike(const Document& document, const CsrColumns& graph, std::string_view map_key) {
  const Cell map = testing::At(document, map_key);
  const auto keys = document.Keys(map);
  const auto values = document.Elements(map);
  size_t compared = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    const Row row = document.FindRow(document.String(keys[i]));
    if (row >= document.resources().graph_count) continue;
    const auto neighbours = document.Neighbours(graph, row);
    EXPECT_EQ(std::vector<Row>(neighbours.begin(), neighbours.end()),
              GraphRows(document, values[i]))
        << document.String(keys[i]);
    ++compared;
  }
  EXPECT_GT(compared, 0U);
}

TEST(CorpusTest, HasTheGraphThatDbtWrote) {
  const std::vector<std::string> paths = CorpusFiles();
  SKIP_WITHOUT_CORPUS(paths);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const InputFile input = ReadInput(path);
    const FileImage image = ConvertText(input.text);
    const Document document = testing::Open(image);
    ExpectGraphLike(document, document.parents(), "parent_map");
    ExpectGraphLike(document, document.children(), "child_map");
  }
}

TEST(CorpusTest, FindsEveryResource) {
  const std::vector<std::string> paths = CorpusFiles();
  SKIP_WITHOUT_CORPUS(paths);
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const InputFile input = ReadInput(path);
    const FileImage image = ConvertText(input.text);
    const Document document = testing::Open(image);
    EXPECT_GT(document.resources().graph_count, 0U);
    for (Row row = 0; row < document.row_count(); ++row) {
      const std::string_view unique_id = document.String(document.resources().unique_id[row]);
      EXPECT_EQ(document.FindRow(unique_id), row) << unique_id;
      const auto collection = static_cast<Collection>(document.resources().collection[row]);
      const auto members = document.Find(document.root(), CollectionName(collection));
      ASSERT_TRUE(members);
      EXPECT_EQ(document.Find(*members, unique_id), document.resources().value[row]) << unique_id;
    }
  }
}

}  // namespace
}  // namespace flatmanifest
