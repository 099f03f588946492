#include "resident/offer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "resident/process_state.h"

namespace flatmanifest::resident {

namespace {

// Commands that ask the terminal (`init`), or that run until they are ended (`docs serve`).
constexpr std::string_view kLeftAlone[] = {"init", "serve"};
constexpr std::string_view kDebugging = "--macro-debugging";

// Variables that have a process traced, measured or debugged from its first instruction on.
constexpr std::string_view kTracing[] = {"COVERAGE_PROCESS_START",
                                         "COVERAGE_PROCESS_CONFIG",
                                         "DBT_ENGINE_MACRO_DEBUGGING",
                                         "DBT_ENGINE_RECORDER_MODE",
                                         "DBT_MACRO_DEBUGGING",
                                         "DBT_RECORDER_MODE",
                                         "PYTHONASYNCIODEBUG",
                                         "PYTHONDEBUG",
                                         "PYTHONDEVMODE",
                                         "PYTHONDUMPREFS",
                                         "PYTHONFAULTHANDLER",
                                         "PYTHONINSPECT",
                                         "PYTHONMALLOC",
                                         "PYTHONMALLOCSTATS",
                                         "PYTHONPERFSUPPORT",
                                         "PYTHONPROFILEIMPORTTIME",
                                         "PYTHONTRACEMALLOC",
                                         "PYTHONVERBOSE"};
constexpr std::string_view kTracingPrefixes[] = {"COV_CORE_", "DEBUGPY_", "PYDEVD_"};

bool IsTracing(std::string_view name) {
  return std::find(std::begin(kTracing), std::end(kTracing), name) != std::end(kTracing) ||
         std::any_of(std::begin(kTracingPrefixes), std::end(kTracingPrefixes),
                     [name](std::string_view prefix) { return name.starts_with(prefix); });
}

bool IsSet(const char* value) {
  return value != nullptr && *value != '\0' && std::string_view(value) != "0" &&
         std::string_view(value) != "false";
}

// A relative entry of PYTHONPATH is another directory in each working directory.
bool HasRelativePath(std::string_view paths) {
  for (size_t begin = 0; begin <= paths.size();) {
    const size_t end = std::min(paths.find(':', begin), paths.size());
    if (!paths.substr(begin, end - begin).starts_with('/')) return true;
    begin = end + 1;
  }
  return false;
}

std::string ReasonAgainst(const std::vector<std::string>& arguments) {
  if (::getuid() != ::geteuid() || ::getgid() != ::getegid()) {
    return "the process runs with the rights of another user";
  }
  for (const std::string& argument : arguments) {
    const bool is_left =
        std::find(std::begin(kLeftAlone), std::end(kLeftAlone), argument) != std::end(kLeftAlone);
    if (is_left || argument == kDebugging) return "`" + argument + "` always starts Python";
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    if (IsTracing(name)) return "the variable " + std::string(name) + " is set";
  }
  const char* paths = std::getenv("PYTHONPATH");
  if (paths != nullptr && *paths != '\0' && HasRelativePath(paths)) {
    return "PYTHONPATH has a relative path";
  }
  if (IsTraced()) return "a debugger or a tracer is attached";
  return "";
}

}  // namespace

Mode ModeOf(const char* value) {
  const std::string_view text = value == nullptr ? "" : value;
  if (text.empty() || text == "auto") return Mode::kAuto;
  if (text == "0") return Mode::kOff;
  return text == "1" ? Mode::kOn : Mode::kUnknown;
}

Offer OfferFor(const std::vector<std::string>& arguments) {
  const char* plugin = std::getenv("FLATMANIFEST");
  if (plugin != nullptr && std::string_view(plugin) == "0") return {false, ""};
  const Mode mode = ModeOf(std::getenv("FLATMANIFEST_RESIDENT"));
  if (mode == Mode::kUnknown) return {true, "FLATMANIFEST_RESIDENT is neither auto, 0 nor 1"};
  const bool person_waits = ::isatty(STDIN_FILENO) == 1 || ::isatty(STDOUT_FILENO) == 1;
  const bool is_wanted =
      mode == Mode::kOn || (mode == Mode::kAuto && person_waits && !IsSet(std::getenv("CI")));
  return {is_wanted, is_wanted ? ReasonAgainst(arguments) : ""};
}

}  // namespace flatmanifest::resident
