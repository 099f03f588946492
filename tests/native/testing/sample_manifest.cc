#include "testing/sample_manifest.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <utility>

#include "convert/convert.h"
#include "convert/json_writer.h"
#include "format/field_path.h"

namespace flatmanifest::testing {

std::string SampleManifest() {
  return R"({"metadata": {"dbt_version": "1.11.0", "project_name": "shop", "owner": "J\u00fcrgen )"
         R"(\ud83d\ude80"}, "nodes": {"model.shop.stg_orders": {"resource_type": "model", )"
         R"("name": "stg_orders", "fqn": ["shop", "staging", "stg_orders"], "depends_on": )"
         R"({"nodes": ["source.shop.raw.orders"]}}, "model.shop.orders": {"resource_type": )"
         R"("model", "name": "orders", "fqn": ["shop", "orders"], "depends_on": {"nodes": )"
         R"(["model.shop.stg_orders"]}}}, "sources": {"source.shop.raw.orders": )"
         R"({"resource_type": "source", "name": "orders", "fqn": ["shop", "raw", "orders"]}}, )"
         R"("macros": {"macro.shop.cents": {"resource_type": "macro", "name": "cents"}}, )"
         R"("values": [null, false, true, 7, -9223372036854775808, 18446744073709551615, 0.5, )"
         R"(123456789012345678901234567890, "text", [], {}, [1, [2, [3]]]]})";
}

std::string Edited(std::string_view json, std::string_view text, std::string_view replacement) {
  std::string edited(json);
  const size_t at = edited.find(text);
  if (at == std::string::npos) {
    ADD_FAILURE() << "there is no " << text;
    return edited;
  }
  return edited.replace(at, text.size(), replacement);
}

FileImage Convert(std::string_view json, const FileFacts& facts) {
  const simdjson::padded_string padded(json);
  return ConvertJson(padded, kSampleName, facts);
}

FileImage FinishWithoutResources(Writer writer, Cell root, const FileFacts& facts) {
  const CsrRows no_edges{{0}, {}};
  return std::move(writer).Finish(root, ResourceRows(), no_edges, no_edges, facts);
}

Document Open(const FileImage& image) { return Document::Open(image.bytes(), kSampleName); }

std::string JsonOf(const Document& document, Cell cell) {
  BulkText json;
  WriteJson(document, cell, json);
  return std::string(json.text());
}

std::string JsonOf(const Document& document) { return JsonOf(document, document.root()); }

Cell At(const Document& document, std::string_view path) {
  const auto value = FindPath(document, document.root(), path);
  EXPECT_TRUE(value) << "there is no " << path;
  return value.value_or(Cell::Null());
}

}  // namespace flatmanifest::testing
