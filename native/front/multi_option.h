// Options that take several values as dbt's do, which differs from CLI11.

#ifndef FLATMANIFEST_FRONT_MULTI_OPTION_H_
#define FLATMANIFEST_FRONT_MULTI_OPTION_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest::front {

// Rewrites `arguments` so that CLI11 reads the values of the options `names` ("--select", "-s") as
// dbt/cli/options.py (class MultiOption) does: the argument after the option is its first value
// whatever it looks like, and is split at each space; the following arguments are values, up to the
// next that begins with '-'. CLI11 alone would take "show" for a command, "[a,b]" for two values,
// and "--select=" for no value. So each value gets a mark in front, which ValueOf removes.
std::vector<std::string> MarkValues(std::span<const std::string> arguments,
                                    std::span<const std::string_view> names);

// The value of a marked argument; any other argument unchanged.
std::string ValueOf(std::string argument);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_MULTI_OPTION_H_
