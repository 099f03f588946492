// Completions of a command line, for shells, at each press of the tab key.

#ifndef FLATMANIFEST_FRONT_COMPLETION_H_
#define FLATMANIFEST_FRONT_COMPLETION_H_

#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest::front {

// The possible completions of the last word of `line` (the command line up to the cursor), sorted.
// Names, tags, paths and selectors come from the project's last used entry, fresh or not. Empty if
// nothing is known. Never throws: nobody would see the error.
std::vector<std::string> Complete(const std::string& line);

// A script with which a shell ("bash", "zsh", "fish") asks for completions; "" for other shells.
std::string_view CompletionScript(std::string_view shell);

}  // namespace flatmanifest::front

#endif  // FLATMANIFEST_FRONT_COMPLETION_H_
