// Changes to the contracts of models: dbt/contracts/graph/nodes.py, ModelNode.same_contract and
// same_contract_removed.

#ifndef FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_
#define FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_

#include <string>
#include <string_view>
#include <vector>

#include "select/state/resource.h"

namespace flatmanifest {

// Whether a model's contract is what it was. Of a change that breaks it, dbt warns; for a versioned
// model it throws, and so does this: SelectionError. `adapter_type` says which constraints the
// database enforces.
bool SameContract(const Resource& model, const Resource& old, std::string_view adapter_type,
                  std::vector<std::string>& warnings);

// What dbt says of a model with a contract that is gone or disabled: warns or throws likewise.
void CheckRemovedContract(const Resource& removed, std::vector<std::string>& warnings);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_
