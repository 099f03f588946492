#include "select/state/manifest_comparison.h"

#include <cstdlib>

namespace flatmanifest {

namespace {

int SchemaVersion(const Document& document) {
  const std::string_view schema =
      RootOf(document).Get("metadata").Get("dbt_schema_version").Text("/v12.json");
  const size_t at = schema.rfind("/v");
  return at == std::string_view::npos ? 12 : std::atoi(std::string(schema.substr(at + 2)).c_str());
}

}  // namespace

ManifestComparison::ManifestComparison(const Document& document, const Document& previous,
                                       bool compare_more_unrendered_values, const Dialect& dialect,
                                       std::vector<std::string>& warnings)
    : document_(document),
      previous_(previous),
      previous_version_(SchemaVersion(previous)),
      contents_(RootOf(document).Get("metadata").Get("adapter_type").Text(),
                compare_more_unrendered_values, dialect, warnings) {}

ModifiedMacros& ManifestComparison::macros() {
  if (!macros_) macros_.emplace(document_, previous_);
  return *macros_;
}

std::optional<Resource> ManifestComparison::FindPrevious(std::string_view unique_id) const {
  const Row row = previous_.FindRow(unique_id);
  if (row >= previous_.resources().graph_count) return std::nullopt;
  if (!IsCompared(CollectionOf(previous_, row))) return std::nullopt;
  return ResourceAt(previous_, row);
}

}  // namespace flatmanifest
