#include "select/dialect.h"

#include <array>
#include <charconv>
#include <optional>

#include "select/row_fields.h"

namespace flatmanifest {

namespace {

using Release = std::array<int, 3>;

// Parses the numbers at the beginning of "1.12.0b2".
std::optional<Release> ParseRelease(std::string_view version) {
  Release release{};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (size_t i = 0; i < release.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, release[i]);
    if (error != std::errc()) return std::nullopt;
    at = next;
    if (i + 1 < release.size() && (at == end || *at++ != '.')) return std::nullopt;
  }
  return release;
}

}  // namespace

Dialect DialectOf(std::string_view dbt_version) {
  const auto release = ParseRelease(dbt_version);
  if (!release) return {};
  Dialect dialect;
  dialect.wildcards_find_names = *release >= Release{1, 11, 16};
  dialect.has_key_paths = *release >= Release{1, 11, 0};
  if (*release < Release{1, 12, 0}) return dialect;
  dialect.wildcards_find_names = *release >= Release{1, 12, 6};
  dialect.has_selector_method = true;
  dialect.seed_limit = "1MiB";
  dialect.state_warning_tag = "";
  dialect.lists_direct_parents = true;
  return dialect;
}

std::string_view DbtVersion(const Document& document) {
  const auto metadata = FindField(document, document.root(), "metadata");
  return metadata ? FindText(document, *metadata, "dbt_version").value_or("") : "";
}

}  // namespace flatmanifest
