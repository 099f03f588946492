// The selection method config.NAME.NAME…:VALUE.
//
// Follows dbt/graph/selector_methods.py, class ConfigSelectorMethod.

#ifndef FLATMANIFEST_SELECT_CONFIG_METHOD_H_
#define FLATMANIFEST_SELECT_CONFIG_METHOD_H_

#include <string>
#include <vector>

#include "format/document.h"
#include "graph/row_set.h"
#include "select/criteria.h"

namespace flatmanifest {

// The nodes and sources of `included` whose config has the value, or has a list with it. The text
// "true" finds True and "false" finds False; severity is compared case-insensitively. Appends dbt's
// warnings.
RowSet SearchConfig(const Document& document, const Criteria& criteria, const RowSet& included,
                    std::vector<std::string>& warnings);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_CONFIG_METHOD_H_
