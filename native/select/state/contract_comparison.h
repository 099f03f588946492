// Changes to the contracts of models: dbt/contracts/graph/nodes.py, ModelNode.same_contract and
// same_contract_removed.

#ifndef FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_
#define FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "select/state/resource.h"

namespace flatmanifest {

// The kinds of change that break a contract, in the order in which dbt reports them.
enum class ContractBreak : uint8_t {
  kEnforcementRemoved,
  kColumnsRemoved,
  kTypesChanged,
  kColumnConstraintsRemoved,
  kModelConstraintsRemoved,
  kMaterializationChanged,
  kModelRemoved,
};

struct BreakingChange {
  ContractBreak kind;
  // What it concerns, in dbt's words: "amount", "id (int -> text)". Empty for kEnforcementRemoved;
  // for kModelRemoved, dbt's sentence.
  std::vector<std::string> details{};

  // dbt's text, of several lines if there are details.
  std::string Text() const;
};

// A constraint of a type that dbt does not know whether the database enforces it ("custom").
enum class UnknownConstraint : uint8_t {
  kRefuse,      // dbt fails with a KeyError, and this with a SelectionError
  kNotEnforced  // its removal breaks nothing
};

struct ContractChange {
  bool is_same = true;
  std::vector<BreakingChange> breaks{};
};

// Compares a model's contract with the earlier one, and neither warns nor throws for breaking
// changes. `adapter_type` determines which constraints the database enforces. Takes time in
// proportion to columns and constraints.
ContractChange CompareContracts(const Resource& model, const Resource& old,
                                std::string_view adapter_type, UnknownConstraint unknown);

// The breaking change of a model that was removed or disabled; nothing if it had no contract, or if
// its deprecation date has passed.
std::optional<BreakingChange> RemovedContract(const Resource& removed);

// Whether a model's contract is unchanged. For a breaking change dbt warns; for one of a versioned
// model, dbt and this throw (SelectionError). `adapter_type` determines which constraints the
// database enforces.
bool SameContract(const Resource& model, const Resource& old, std::string_view adapter_type,
                  std::vector<std::string>& warnings);

// Warns or throws, as dbt does, for a model with a contract that was removed or disabled.
void CheckRemovedContract(const Resource& removed, std::vector<std::string>& warnings);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_CONTRACT_COMPARISON_H_
