// Environment variables that take effect before any code of Python runs.

#ifndef FLATMANIFEST_RESIDENT_START_VARIABLES_H_
#define FLATMANIFEST_RESIDENT_START_VARIABLES_H_

#include <string_view>

namespace flatmanifest::resident {

// Whether Python, the C library or the loader reads the variable when a process starts: PYTHONPATH,
// LANG, LD_PRELOAD.
bool IsReadAtStart(std::string_view name);

}  // namespace flatmanifest::resident

#endif  // FLATMANIFEST_RESIDENT_START_VARIABLES_H_
