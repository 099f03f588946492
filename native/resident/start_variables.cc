#include "resident/start_variables.h"

#include <algorithm>
#include <iterator>

namespace flatmanifest::resident {

namespace {

constexpr std::string_view kPrefixes[] = {"PYTHON", "LC_", "LD_", "MALLOC_"};
constexpr std::string_view kNames[] = {"LANG", "LANGUAGE", "LOCPATH", "GLIBC_TUNABLES",
                                       "__PYVENV_LAUNCHER__"};

}  // namespace

bool IsReadAtStart(std::string_view name) {
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames) ||
         std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace flatmanifest::resident
