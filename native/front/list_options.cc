#include "front/list_options.h"

#include "select/spec.h"

namespace flatmanifest::front {

namespace {

std::vector<std::string> SplitAtSpaces(const std::optional<std::vector<std::string>>& values) {
  std::vector<std::string> parts;
  if (!values) return parts;
  for (const std::string& value : *values) {
    ForEachPart(value, ' ', [&parts](std::string_view part) {
      if (!part.empty()) parts.emplace_back(part);
    });
  }
  return parts;
}

std::vector<std::string_view> SplitFlags() {
  std::vector<std::string_view> flags;
  for (const MultiOption& option : kMultiOptions) {
    ForEachPart(option.flags, ',', [&flags](std::string_view flag) { flags.push_back(flag); });
  }
  return flags;
}

}  // namespace

std::span<const std::string_view> MultiOptionFlags() {
  static const std::vector<std::string_view> kFlags = SplitFlags();
  return kFlags;
}

bool HasFlag(const MultiOption& option, std::string_view flag) {
  bool found = false;
  ForEachPart(option.flags, ',', [&](std::string_view each) { found = found || each == flag; });
  return found;
}

bool HasValues(const std::optional<std::vector<std::string>>& values) {
  return values && !values->empty();
}

bool SaysWhat(const ListOptions& options) {
  return HasValues(options.select) || HasValues(options.models) || HasValues(options.exclude);
}

std::optional<std::string> Contradiction(const ListOptions& options) {
  if (!HasValues(options.models)) return std::nullopt;
  if (HasValues(options.select)) return R"("models" and "select" are mutually exclusive arguments)";
  if (HasValues(options.resource_types)) {
    return R"("models" and "resource_type" are mutually exclusive arguments)";
  }
  return std::nullopt;
}

SelectionRequest RequestOf(const ListOptions& options) {
  SelectionRequest request;
  if (HasValues(options.models)) {
    request.select = options.models;
    request.resource_types = {"model"};
  } else {
    if (HasValues(options.select)) request.select = options.select;
    request.resource_types = SplitAtSpaces(options.resource_types);
  }
  if (options.exclude) request.exclude = *options.exclude;
  request.selector = options.selector;
  request.exclude_resource_types = SplitAtSpaces(options.exclude_resource_types);
  if (options.indirect_selection) {
    request.indirect_selection = ParseIndirectSelection(*options.indirect_selection);
  }
  return request;
}

}  // namespace flatmanifest::front
