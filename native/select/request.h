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

// A selection that dbt refuses, with dbt's message, or that nothing could be meant by, with the
// part of it that is at fault.
class SelectionError : public Error {
 public:
  using Error::Error;
};

// When a test is selected because of what it tests: docs.getdbt.com,
// reference/node-selection/test-selection-examples.
enum class IndirectSelection : uint8_t { kEager, kCautious, kBuildable, kEmpty };

// What an earlier run left behind, for state:, result: and source_status:. Borrowed; absent ones
// are null, and the methods that need them then fail as dbt's do.
struct PreviousState {
  const Document* manifest = nullptr;
  const Document* run_results = nullptr;
  const Document* sources = nullptr;          // sources.json of the earlier run
  const Document* current_sources = nullptr;  // sources.json of the target directory
  // The directory, if it is the target's too, which dbt warns of; else empty.
  std::string directory_of_target{};
  // dbt's flag state_modified_compare_more_unrendered_values, as the current project has it.
  bool compare_more_unrendered_values = false;
};

// dbt's options. Strings are as a user types them: "tag:nightly+ my_model", "+orders,@customers".
struct SelectionRequest {
  std::optional<std::vector<std::string>> select{};  // none: everything, or the default selector
  std::vector<std::string> exclude{};
  std::optional<std::string> selector{};  // the name of a YAML selector
  // Borrowed: a document whose "selectors" are the project's as it is now, in the form that
  // manifests have (YamlSelectors). None: those of the manifest, which are the project's when it
  // was parsed.
  const Document* selectors = nullptr;
  std::vector<std::string> resource_types{};  // none: those that `dbt ls` lists by default
  std::vector<std::string> exclude_resource_types{};
  IndirectSelection indirect_selection = IndirectSelection::kEager;
  // Models without code, which dbt lists but neither runs nor builds.
  bool include_empty = true;
  PreviousState state{};
  // The release of dbt to follow, "1.11.16"; none: the one that wrote the manifest.
  std::optional<std::string> dbt_version{};
  // The project, in which path: looks for files. Without one, it looks among the paths that the
  // manifest holds.
  std::optional<std::string> project_directory{};
};

// The mode that dbt calls `name`. Throws SelectionError.
IndirectSelection ParseIndirectSelection(std::string_view name);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_REQUEST_H_
