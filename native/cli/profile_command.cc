// `flatmanifest profile …`: python/flatmanifest/profile.

#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/python.h"

namespace flatmanifest::cli {

bool IsProfile(const std::vector<std::string>& arguments) {
  return !arguments.empty() && arguments[0] == "profile";
}

void RunProfile(const std::string& program, const std::vector<std::string>& arguments) {
  BecomePython(program, "flatmanifest.profile", {arguments.begin() + 1, arguments.end()});
}

}  // namespace flatmanifest::cli
