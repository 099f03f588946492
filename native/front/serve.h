// The front door: dbt's commands, answered without Python. docs/front.md.

#ifndef FLATMANIFEST_FRONT_SERVE_H_
#define FLATMANIFEST_FRONT_SERVE_H_

#include <optional>
#include <string>
#include <vector>

namespace flatmanifest::front {

// Whether the user asks why dbt runs: FLATMANIFEST_EXPLAIN, neither empty nor "0".
bool Explains();

// Serves `dbt ARGUMENTS`: prints, appends to the log, renews the artifacts, and returns nothing.
// Otherwise returns the reason for which dbt itself has to run: an option that is not served, no
// recorded command, a change, a selection that dbt would warn about or refuse. Then nothing has
// been printed, and dbt writes again what has been written. `program_directory` is the directory of
// Python and flatmanifest.
std::optional<std::string> Serve(const std::vector<std::string>& arguments,
                                 const std::string& program_directory);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_SERVE_H_
