// The state of this process that a program inherits when it is started: docs/resident.md.
//
// A copy of the template takes on some of it (ProcessState). The rest cannot be taken on, so that
// processes in which it differs have templates of their own (Surroundings).

#ifndef FLATMANIFEST_RESIDENT_PROCESS_STATE_H_
#define FLATMANIFEST_RESIDENT_PROCESS_STATE_H_

#include <csignal>
#include <string>
#include <vector>

namespace flatmanifest::resident {

// The state that a started program would inherit, as decimal numbers.
struct ProcessState {
  std::vector<std::string> descriptors;  // those that exec leaves open
  std::string umask;
  std::vector<std::string> limits;           // "resource soft hard"; -1: no limit (getrlimit)
  std::vector<std::string> ignored_signals;  // their numbers
  std::vector<std::string> blocked_signals;
  std::vector<std::string> processors;  // those that it may run on (sched_getaffinity)
};

// The state of this process. Throws IoError if the system does not show it.
ProcessState CurrentState();

// One text for each of: users and groups, capabilities, namespaces, cgroup, root directory,
// security label, scheduling, priority, personality, hard limits, limits of memory, and the
// variables that Python, the C library and the loader read before any code of Python runs. Throws
// IoError.
std::vector<std::string> Surroundings();

// Whether a debugger or a tracer is attached to this process. Throws IoError.
bool IsTraced();

}  // namespace flatmanifest::resident

#endif  // FLATMANIFEST_RESIDENT_PROCESS_STATE_H_
