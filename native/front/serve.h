// The front door: dbt's commands, answered without Python. docs/front.md.

#ifndef FLATMANIFEST_FRONT_SERVE_H_
#define FLATMANIFEST_FRONT_SERVE_H_

#include <optional>
#include <string>
#include <vector>

namespace flatmanifest::front {

// Whether the user asks for the reasons that dbt runs: FLATMANIFEST_EXPLAIN, neither empty nor "0".
bool Explains();

// Does what `dbt ARGUMENTS` would: prints, appends to the log, renews the artifacts, and returns
// nothing. Otherwise returns why real dbt has to run: an option that is not served, nothing
// recorded, something changed, a selection that dbt would warn of or refuse. Nothing
// has been printed then; what has been written, dbt writes again. `program_directory` is where
// Python is, and flatmanifest beside it.
std::optional<std::string> Serve(const std::vector<std::string>& arguments,
                                 const std::string& program_directory);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_SERVE_H_
