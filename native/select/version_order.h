// Compares versions of models as dbt does: dbt/contracts/graph/unparsed.py, class UnparsedVersion,
// and ModelNode.is_latest_version.

#ifndef FLATMANIFEST_SELECT_VERSION_ORDER_H_
#define FLATMANIFEST_SELECT_VERSION_ORDER_H_

#include "format/document.h"

namespace flatmanifest {

// Whether the version is true in Python: not null, zero or "".
bool IsTruthyVersion(const Document& document, Cell version);

// version == other, where 1 equals 1.0 but not "1".
bool SameVersion(const Document& document, Cell version, Cell other);

// Compares by value if float() reads both, else as text.
bool VersionLess(const Document& document, Cell version, Cell other);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_VERSION_ORDER_H_
