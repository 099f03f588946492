#include "resident/relay.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "format/error.h"

namespace flatmanifest::resident {

namespace {

constexpr int kPassed[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGWINCH, SIGTSTP,
                           SIGCONT, SIGUSR1, SIGUSR2, SIGALRM, SIGTTIN,  SIGTTOU};
// The template tells of an end at once; this is for a template that was killed.
constexpr int kMillisecondsToTell = 2000;
constexpr std::string_view kEnded = "ended ";
constexpr std::string_view kExiting = "exiting ";

bool IsStop(uint32_t number) { return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU; }

std::optional<int> NumberAfter(std::string_view line, std::string_view word) {
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  int number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  return error == std::errc() && end == line.data() + line.size() ? std::optional(number)
                                                                  : std::nullopt;
}

// Stops this process as the signal would have, until it is continued.
void StopBy(int number) {
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, number);
  ::raise(number);  // blocked until now
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  ::sigprocmask(SIG_BLOCK, &only, nullptr);
}

}  // namespace

PassedSignals::PassedSignals() {
  sigset_t passed;
  ::sigemptyset(&passed);
  for (const int number : kPassed) ::sigaddset(&passed, number);
  ::sigprocmask(SIG_BLOCK, &passed, &before_);
  descriptor_ = Descriptor(::signalfd(-1, &passed, SFD_CLOEXEC | SFD_NONBLOCK));
  if (descriptor_.get() < 0) {
    const int error = errno;
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
    throw IoError("cannot receive", "signals", error);
  }
}

PassedSignals::~PassedSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

void PassedSignals::PassOn(pid_t process, int process_descriptor) const {
  signalfd_siginfo info{};
  while (::read(descriptor_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    const auto number = static_cast<int>(info.ssi_signo);
    // A terminal signals all processes of the group in its foreground. A stop concerns the whole
    // group in any case: dbt's own processes must not go on without it.
    if (info.ssi_code == SI_KERNEL || IsStop(info.ssi_signo) || number == SIGCONT) {
      ::kill(-process, number);
    } else {
      ::syscall(SYS_pidfd_send_signal, process_descriptor, number, nullptr, 0);
    }
    if (IsStop(info.ssi_signo)) StopBy(number);
  }
}

std::optional<int> AwaitEnd(const Copy& copy, Answers& answers, int connection,
                            const PassedSignals& signals) {
  pollfd watched[] = {{.fd = copy.descriptor.get(), .events = POLLIN, .revents = 0},
                      {.fd = signals.descriptor(), .events = POLLIN, .revents = 0}};
  while ((watched[0].revents & POLLIN) == 0) {
    if (::poll(watched, 2, -1) < 0) continue;  // interrupted
    if ((watched[1].revents & POLLIN) != 0) {
      signals.PassOn(copy.process, copy.descriptor.get());
    }
  }
  std::optional<int> exiting;
  while (true) {
    pollfd told{.fd = connection, .events = POLLIN, .revents = 0};
    if (!answers.HasLine() && ::poll(&told, 1, kMillisecondsToTell) == 0) break;
    const std::optional<std::string> line = answers.NextLine();
    if (!line) break;
    if (const auto ended = NumberAfter(*line, kEnded)) return ended;
    if (const auto code = NumberAfter(*line, kExiting)) exiting = W_EXITCODE(*code, 0);
  }
  return exiting;
}

void EndWith(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int number = WTERMSIG(wait_status);
    // The process that has ended has dumped its core, if there is one.
    const rlimit no_core{.rlim_cur = 0, .rlim_max = 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(number, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, number);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(number);
    std::_Exit(128 + number);
  }
  std::_Exit(WEXITSTATUS(wait_status));
}

}  // namespace flatmanifest::resident
