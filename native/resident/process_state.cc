#include "resident/process_state.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "format/error.h"
#include "resident/start_variables.h"
#include "store/descriptor.h"

namespace flatmanifest::resident {

namespace {

namespace fs = std::filesystem;

constexpr int kProcessorsKnown = 8192;
constexpr const char* kStatusFile = "/proc/self/status";
// Lines of /proc/self/status (proc(5)).
constexpr std::string_view kStatusLines[] = {
    "Uid:",    "Gid:",    "Groups:", "CapInh:",     "CapPrm:",
    "CapEff:", "CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:"};
// Files that not every kernel has.
constexpr const char* kOptionalFiles[] = {"/proc/self/cgroup", "/proc/self/personality",
                                          "/proc/self/attr/current", "/proc/self/oom_score_adj",
                                          "/proc/self/coredump_filter"};

std::optional<std::string> Contents(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::nullopt;
  std::string contents;
  char buffer[4096];
  while (true) {
    const ssize_t count = ::read(file.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    if (count == 0) return contents;
    contents.append(buffer, static_cast<size_t>(count));
  }
}

std::string Status() {
  auto status = Contents(kStatusFile);
  if (!status) throw IoError("cannot read", kStatusFile, errno);
  return *std::move(status);
}

// The value of a line of /proc/self/status; "" if there is no such line.
std::string_view StatusValue(std::string_view status, std::string_view name) {
  for (size_t begin = 0; begin < status.size();) {
    const size_t end = std::min(status.find('\n', begin), status.size());
    const std::string_view line = status.substr(begin, end - begin);
    if (line.starts_with(name)) return line.substr(name.size());
    begin = end + 1;
  }
  return {};
}

std::string LinkAt(const fs::path& path) {
  std::error_code error;
  return fs::read_symlink(path, error).string();
}

std::vector<std::string> OpenDescriptors() {
  constexpr const char* kOpenFiles = "/proc/self/fd";
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator each(kOpenFiles, error), end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename().string();
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    const int flags = ::fcntl(number, F_GETFD);
    if (flags >= 0 && (flags & FD_CLOEXEC) == 0) found.push_back(name);
  }
  if (error) throw IoError("cannot list", kOpenFiles, error.value());
  return found;
}

std::string LimitText(rlim_t value) {
  return value == RLIM_INFINITY ? "-1" : std::to_string(value);
}

rlimit LimitOf(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) {
    throw IoError("cannot get", "the limits of this process", errno);
  }
  return limit;
}

std::vector<std::string> Limits() {
  std::vector<std::string> limits;
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    const rlimit limit = LimitOf(resource);
    limits.push_back(std::to_string(resource) + " " + LimitText(limit.rlim_cur) + " " +
                     LimitText(limit.rlim_max));
  }
  return limits;
}

// The limits that a running process cannot take on: it may not raise a hard one, and one of memory
// has been in effect for what it has already.
std::string FixedLimits() {
  std::string fixed;
  for (int resource = 0; resource < RLIM_NLIMITS; ++resource) {
    fixed += ' ' + LimitText(LimitOf(resource).rlim_max);
  }
  for (const int resource : {RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_RSS}) {
    fixed += ' ' + LimitText(LimitOf(resource).rlim_cur);
  }
  return fixed;
}

std::vector<std::string> IgnoredSignals() {
  std::vector<std::string> ignored;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    // This program ignores SIGXFSZ itself, and Python ignores it in any case.
    if (number == SIGXFSZ || ::sigaction(number, nullptr, &action) != 0) continue;
    if (action.sa_handler == SIG_IGN) ignored.push_back(std::to_string(number));
  }
  return ignored;
}

std::vector<std::string> BlockedSignals() {
  sigset_t blocked;
  ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
  std::vector<std::string> numbers;
  for (int number = 1; number < NSIG; ++number) {
    if (::sigismember(&blocked, number) == 1) numbers.push_back(std::to_string(number));
  }
  return numbers;
}

std::vector<std::string> Processors() {
  const size_t size = CPU_ALLOC_SIZE(kProcessorsKnown);
  std::vector<unsigned char> bytes(size);
  auto* set = reinterpret_cast<cpu_set_t*>(bytes.data());
  if (::sched_getaffinity(0, size, set) != 0) {
    throw IoError("cannot get", "the processors of this process", errno);
  }
  std::vector<std::string> numbers;
  for (int number = 0; number < kProcessorsKnown; ++number) {
    if (CPU_ISSET_S(number, size, set)) numbers.push_back(std::to_string(number));
  }
  return numbers;
}

// The priority of input and output that was set for this process; 0 if it follows from the nice
// value, which Linux then reports (ioprio_get(2)).
int64_t OwnIoPriority() {
  constexpr int kOfThisProcess = 1;
  constexpr int kBestEffort = 2 << 13;
  constexpr int kNiceSteps = 5;
  const int64_t priority = ::syscall(SYS_ioprio_get, kOfThisProcess, 0);
  const int nice = ::getpriority(PRIO_PROCESS, 0);
  return priority == kBestEffort + (nice + 20) / kNiceSteps ? 0 : priority;
}

}  // namespace

ProcessState CurrentState() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return {.descriptors = OpenDescriptors(),
          .umask = std::to_string(mask),
          .limits = Limits(),
          .ignored_signals = IgnoredSignals(),
          .blocked_signals = BlockedSignals(),
          .processors = Processors()};
}

std::vector<std::string> Surroundings() {
  std::vector<std::string> found;
  const std::string status = Status();
  for (const std::string_view name : kStatusLines) found.emplace_back(StatusValue(status, name));
  for (const char* path : kOptionalFiles) found.push_back(Contents(path).value_or(""));
  for (const char* name : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
    found.push_back(LinkAt(fs::path("/proc/self/ns") / name));
  }
  found.push_back(LinkAt("/proc/self/root"));
  found.push_back(std::to_string(::sched_getscheduler(0)));
  found.push_back(std::to_string(OwnIoPriority()));
  found.push_back(std::to_string(::getpriority(PRIO_PROCESS, 0)));
  found.push_back(FixedLimits());
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (IsReadAtStart(text.substr(0, text.find('=')))) variables.emplace_back(text);
  }
  std::sort(variables.begin(), variables.end());  // a shell may pass them on in another order
  std::move(variables.begin(), variables.end(), std::back_inserter(found));
  return found;
}

bool IsTraced() {
  const std::string status = Status();
  std::string_view value = StatusValue(status, "TracerPid:");
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  return value != "0";
}

}  // namespace flatmanifest::resident
