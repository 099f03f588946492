// A request for a selection: dbt's options, and the error for a request that dbt refuses.

#ifndef FLATMANIFEST_SELECT_REQUEST_H_
#define FLATMANIFEST_SELECT_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "format/error.h"

namespace flatmanifest {

// The error of a selection: dbt's message for one that dbt refuses, or the faulty part of one that
// can mean nothing.
class SelectionError : public Error {
 public:
  using Error::Error;
};

// When to select a test because of the nodes that it tests: docs.getdbt.com,
// reference/node-selection/test-selection-examples.
enum class IndirectSelection : uint8_t { kEager, kCautious, kBuildable, kEmpty };
// dbt's names of the modes, in the order of the enumeration.
inline constexpr std::string_view kIndirectSelectionNames[] = {"eager", "cautious", "buildable",
                                                               "empty"};

// Artifacts of an earlier run, for state:, result: and source_status:. Borrowed. Missing ones are
// null; the methods that need them then fail as dbt's do.
struct PreviousState {
  const Document* manifest = nullptr;
  const Document* run_results = nullptr;
  const Document* sources = nullptr;          // sources.json of the earlier run
  const Document* current_sources = nullptr;  // sources.json of the target directory
  // The state directory if it is also the target directory, which dbt warns about; else empty.
  std::string directory_of_target{};
  // dbt's flag state_modified_compare_more_unrendered_values, from the current project.
  bool compare_more_unrendered_values = false;
};

// dbt's options. Strings have the form that users type: "tag:nightly+ my_model",
// "+orders,@customers".
struct SelectionRequest {
  std::optional<std::vector<std::string>> select{};  // none: everything, or the default selector
  std::vector<std::string> exclude{};
  std::optional<std::string> selector{};  // the name of a YAML selector
  // Borrowed: a document whose "selectors" are the project's current ones, in the form of manifests
  // (YamlSelectors). Null: the selectors of the manifest, which are those of its parse.
  const Document* selectors = nullptr;
  std::vector<std::string> resource_types{};  // none: those that `dbt ls` lists by default
  std::vector<std::string> exclude_resource_types{};
  IndirectSelection indirect_selection = IndirectSelection::kEager;
  // Whether to include models without code; dbt lists them, but neither runs nor builds them.
  bool include_empty = true;
  PreviousState state{};
  // The release of dbt to follow, for example "1.11.16"; nothing: the one that wrote the manifest.
  std::optional<std::string> dbt_version{};
  // The project directory in which path: searches. Nothing: path: searches the manifest's paths.
  std::optional<std::string> project_directory{};
};

// The mode that dbt calls `name`. Throws SelectionError.
IndirectSelection ParseIndirectSelection(std::string_view name);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_REQUEST_H_
