// Options that take several values the way dbt's do, where CLI11 has another way.

#ifndef FLATMANIFEST_FRONT_MULTI_OPTION_H_
#define FLATMANIFEST_FRONT_MULTI_OPTION_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest::front {

// Rewrites `arguments` so that CLI11 reads the values of the options `names` ("--select", "-s") as
// dbt/cli/options.py (class MultiOption) does: the argument after the option is its first value
// whatever it looks like, and is split at each space; those that follow are values up to the next
// that begins with '-'. To CLI11, "show" is a command, "[a,b]" are two values, and "--select=" has
// no value; so each value is put behind a mark, which ValueOf takes away again.
std::vector<std::string> MarkValues(std::span<const std::string> arguments,
                                    std::span<const std::string_view> names);

// The value that a marked argument stands for; any other argument as it is.
std::string ValueOf(std::string argument);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_MULTI_OPTION_H_
