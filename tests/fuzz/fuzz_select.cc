// Makes selections of unknown origin on an intact document: the result is a SelectionError, or rows
// of the document.
//
// An input that begins with "{" is the manifest's "selectors", the project's YAML selectors as dbt
// writes them; each of them is used. Any other input is lines: select, exclude, indirect selection,
// resource types, the release of dbt to follow.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/convert.h"
#include "format/error.h"
#include "fuzz/require.h"
#include "select/selection.h"
#include "select/spec.h"
#include "store/input_file.h"

namespace flatmanifest {
namespace {

using fuzz::Require;
using Texts = std::vector<std::string>;

// Two models with a source, a test of each kind, an exposure, a group and versions, so that each
// method can find something. The value of "selectors" and the end follow.
constexpr std::string_view kBeforeSelectors = R"({"metadata": {"dbt_version": "1.11.0",
 "project_name": "shop"}, "nodes": {
 "model.shop.stg": {"resource_type": "model", "package_name": "shop", "name": "stg",
  "fqn": ["shop", "staging", "stg"], "tags": ["nightly"], "raw_code": "select 1",
  "original_file_path": "models/staging/stg.sql", "path": "staging/stg.sql", "access": "public",
  "config": {"enabled": true, "materialized": "view", "meta": {"tier": [1, "gold", null]}},
  "checksum": {"name": "sha256", "checksum": "a"}, "depends_on": {"nodes": ["source.shop.raw.t"]}},
 "model.shop.orders.v2": {"resource_type": "model", "package_name": "shop", "name": "orders",
  "fqn": ["shop", "marts", "orders", "v2"], "tags": ["nightly", "J\u00fcrgen"], "version": 2,
  "latest_version": 2, "group": "finance", "raw_code": "select 2",
  "original_file_path": "models/marts/orders.sql", "path": "marts/orders.sql",
  "config": {"enabled": true, "materialized": "table", "lookback": 7, "quoting": {"a": 1.5}},
  "checksum": {"name": "sha256", "checksum": "b"}, "depends_on": {"nodes": ["model.shop.stg"]}},
 "test.shop.unique_stg": {"resource_type": "test", "package_name": "shop", "name": "unique_stg",
  "fqn": ["shop", "unique_stg"], "tags": [], "raw_code": "x", "original_file_path": "models/s.yml",
  "config": {"enabled": true, "severity": "warn"}, "test_metadata": {"name": "unique"},
  "depends_on": {"nodes": ["model.shop.stg"]}},
 "test.shop.both": {"resource_type": "test", "package_name": "shop", "name": "both",
  "fqn": ["shop", "both"], "tags": [], "raw_code": "x", "original_file_path": "tests/both.sql",
  "config": {"enabled": true}, "depends_on": {"nodes": ["model.shop.stg", "model.shop.orders.v2"]}}},
 "sources": {"source.shop.raw.t": {"resource_type": "source", "package_name": "shop",
  "source_name": "raw", "name": "t", "fqn": ["shop", "raw", "t"], "tags": [],
  "original_file_path": "models/s.yml", "config": {"enabled": true}}},
 "exposures": {"exposure.shop.dash": {"resource_type": "exposure", "package_name": "shop",
  "name": "dash", "fqn": ["shop", "dash"], "tags": ["bi"], "original_file_path": "models/e.yml",
  "config": {"enabled": true}, "depends_on": {"nodes": ["model.shop.orders.v2"]}}},
 "macros": {"macro.shop.m": {"package_name": "shop", "name": "m", "macro_sql": "x"}},
 "selectors": )";

// A document and a selector on it.
class Shop {
 public:
  // Throws ConvertError if `selectors` is not JSON.
  explicit Shop(std::string_view selectors)
      : image_(Convert(std::string(kBeforeSelectors) + std::string(selectors) + "}")),
        document_(Document::Open(image_.bytes(), "shop")),
        selector_(document_) {}

  const Document& document() const { return document_; }
  const Selector& selector() const { return selector_; }

 private:
  static FileImage Convert(const std::string& json) {
    PaddedText text(json.size());
    std::copy(json.begin(), json.end(), text.data());
    return ConvertJson(text.padded(), "shop", {});
  }

  const FileImage image_;
  const Document document_;
  const Selector selector_;
};

void Select(const Shop& shop, const SelectionRequest& request) {
  try {
    const std::vector<Row> rows = shop.selector().Select(request).rows;
    Require(std::is_sorted(rows.begin(), rows.end()), "rows ascend");
    Require(std::adjacent_find(rows.begin(), rows.end()) == rows.end(), "a row comes once");
    Require(rows.empty() || rows.back() < shop.document().resources().graph_count,
            "rows are of the graph");
  } catch (const SelectionError&) {
  }
}

Texts LinesOf(std::string_view text) {
  Texts lines;
  ForEachPart(text, '\n', [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

std::optional<std::string> LineAt(const Texts& lines, size_t index) {
  return index < lines.size() && !lines[index].empty() ? std::optional(lines[index]) : std::nullopt;
}

void SelectByText(std::string_view text) {
  // An earlier manifest, for state: to compare with.
  static const Shop before(R"({"nightly": {"name": "nightly", "definition": "tag:nightly"}})");
  static const Shop shop(
      R"({"nightly": {"name": "nightly", "definition": {"method": "tag", "value": "nightly"}}})");
  const Texts lines = LinesOf(text);
  SelectionRequest request{.dbt_version = LineAt(lines, 4)};
  if (const auto select = LineAt(lines, 0)) request.select = Texts{*select};
  if (const auto exclude = LineAt(lines, 1)) request.exclude = {*exclude};
  try {
    if (const auto mode = LineAt(lines, 2)) {
      request.indirect_selection = ParseIndirectSelection(*mode);
    }
  } catch (const SelectionError&) {
    return;
  }
  if (const auto types = LineAt(lines, 3)) request.resource_types = {*types};
  Select(shop, request);
  request.state.manifest = &before.document();
  Select(shop, request);
}

// Names that exist in the document.
void SelectByDefinitions(std::string_view selectors) {
  std::unique_ptr<const Shop> shop;
  try {
    shop = std::make_unique<const Shop>(selectors);
  } catch (const ConvertError&) {
    return;
  }
  const Document& document = shop->document();
  Select(*shop, {});  // by the default selector, if one says that it is
  const auto listed = document.Find(document.root(), "selectors");
  if (!listed || !listed->is(CellKind::kObject)) return;
  for (const StringId name : document.Keys(*listed)) {
    Select(*shop, {.selector = std::string(document.String(name))});
  }
}

}  // namespace
}  // namespace flatmanifest

// Any other exception leaves this function and counts as a crash.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with('{')) {
    flatmanifest::SelectByDefinitions(text);
  } else {
    flatmanifest::SelectByText(text);
  }
  return 0;
}
