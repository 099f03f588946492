// Changes to the contracts of models: dbt/contracts/graph/nodes.py, ModelNode.same_contract and
// same_contract_removed.

#ifndef FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_
#define FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_

#include <string>
#include <string_view>
#include <vector>

#include "select/state/resource.h"

namespace flatmanifest {

// Whether a model's contract is unchanged. For a breaking change dbt warns; for one of a versioned
// model, dbt and this throw (SelectionError). `adapter_type` determines which constraints the
// database enforces.
bool SameContract(const Resource& model, const Resource& old, std::string_view adapter_type,
                  std::vector<std::string>& warnings);

// Warns or throws, as dbt does, for a model with a contract that was removed or disabled.
void CheckRemovedContract(const Resource& removed, std::vector<std::string>& warnings);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_
