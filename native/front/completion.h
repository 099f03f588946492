// What can follow on a command line: for shells, at each press of the tab key.

#ifndef FLATMANIFEST_FRONT_COMPLETION_H_
#define FLATMANIFEST_FRONT_COMPLETION_H_

#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest::front {

// The words that the last word of `line`, the command line up to the cursor, can become, sorted.
// Names, tags, paths and selectors are those of the entry of the project that was used last, fresh
// or not. Nothing where nothing is known, and never an error: nobody would see it.
std::vector<std::string> Complete(const std::string& line);

// A script that has a shell ("bash", "zsh", "fish") ask for completions; "" for other shells.
std::string_view CompletionScript(std::string_view shell);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_COMPLETION_H_
