// The selection methods that compare a manifest with the artifacts of an earlier run: state:,
// result: and source_status:.
//
// Follows dbt/graph/selector_methods.py (StateSelectorMethod, ResultSelectorMethod,
// SourceStatusSelectorMethod) and the same_* methods of dbt/contracts/graph/nodes.py.

#ifndef FLATMANIFEST_SELECT_STATE_STATE_METHODS_H_
#define FLATMANIFEST_SELECT_STATE_STATE_METHODS_H_

#include <string>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "graph/row_set.h"
#include "select/dialect.h"
#include "select/request.h"

namespace flatmanifest {

// The rows of `included` that state:`value` selects. Appends dbt's warnings. Throws SelectionError
// with dbt's message.
RowSet SearchState(const Document& document, const PreviousState& state, const Dialect& dialect,
                   const RowSet& included, std::string_view value,
                   std::vector<std::string>& warnings);

// The rows of `included` whose last result had the status `value`.
RowSet SearchResult(const Document& document, const PreviousState& state, const RowSet& included,
                    std::string_view value);

// The rows of `included` that source_status:`value` selects.
RowSet SearchSourceStatus(const Document& document, const PreviousState& state,
                          const RowSet& included, std::string_view value);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_STATE_STATE_METHODS_H_
