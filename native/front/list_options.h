// The options of `dbt ls` that are evaluated natively: by the front door for `dbt ls`, and by
// `flatmanifest ls`. Names and meanings are those of dbt/cli/params.py and dbt/task/list.py.

#ifndef FLATMANIFEST_FRONT_LIST_OPTIONS_H_
#define FLATMANIFEST_FRONT_LIST_OPTIONS_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "select/request.h"

namespace flatmanifest::front {

// Without a value: not given.
struct ListOptions {
  std::optional<std::vector<std::string>> select{};
  std::optional<std::vector<std::string>> models{};
  std::optional<std::vector<std::string>> exclude{};
  std::optional<std::vector<std::string>> resource_types{};
  std::optional<std::vector<std::string>> exclude_resource_types{};
  std::optional<std::vector<std::string>> output_keys{};
  std::optional<std::string> selector{};
  std::optional<std::string> output{};
  std::optional<std::string> indirect_selection{};
};

template <typename Value>
struct ListOption {
  std::string_view key;  // in the cache's files, as in dbt's flags
  const char* flags;     // on the command line, separated by commas as CLI11 takes them
  std::optional<Value> ListOptions::*value;
};
using SingleOption = ListOption<std::string>;
// Takes several values (front/multi_option.h).
using MultiOption = ListOption<std::vector<std::string>>;

inline constexpr MultiOption kSelect = {"select", "-s,--select", &ListOptions::select};
inline constexpr MultiOption kModels = {"models", "-m,--models,--model", &ListOptions::models};
inline constexpr MultiOption kExclude = {"exclude", "--exclude", &ListOptions::exclude};
inline constexpr MultiOption kResourceTypes = {"resource_types", "--resource-type,--resource-types",
                                               &ListOptions::resource_types};
inline constexpr MultiOption kExcludeResourceTypes = {
    "exclude_resource_types", "--exclude-resource-type,--exclude-resource-types",
    &ListOptions::exclude_resource_types};
inline constexpr MultiOption kOutputKeys = {"output_keys", "--output-keys",
                                            &ListOptions::output_keys};
inline constexpr SingleOption kSelector = {"selector", "--selector", &ListOptions::selector};
inline constexpr SingleOption kOutput = {"output", "--output", &ListOptions::output};
inline constexpr SingleOption kIndirectSelection = {"indirect_selection", "--indirect-selection",
                                                    &ListOptions::indirect_selection};

inline constexpr MultiOption kMultiOptions[] = {kSelect,        kModels,     kExclude,
                                                kResourceTypes, kOutputKeys, kExcludeResourceTypes};
inline constexpr SingleOption kSingleOptions[] = {kSelector, kOutput, kIndirectSelection};

// Each flag of kMultiOptions: "-s", "--select", ... For MarkValues.
std::span<const std::string_view> MultiOptionFlags();

// Whether `flag` is one of the option's flags.
bool HasFlag(const MultiOption& option, std::string_view flag);

// Whether an option is given, with at least one value.
bool HasValues(const std::optional<std::vector<std::string>>& values);

// Whether the options say what to select. Without that, dbt uses the default selector.
bool SaysWhat(const ListOptions& options);

// dbt's message for options that exclude each other (ListTask.__init__); nothing if none do.
std::optional<std::string> Contradiction(const ListOptions& options);

// The request for a selection. A value that holds several types, as an environment variable does,
// is split at spaces. Throws SelectionError for an unknown mode of indirect selection.
SelectionRequest RequestOf(const ListOptions& options);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_LIST_OPTIONS_H_
