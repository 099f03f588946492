#include "testing/traced_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "format/error.h"

#ifdef __linux__
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <cstddef>
#endif

namespace flatmanifest::testing {

namespace {

constexpr int kOtherFailure = 255;

[[noreturn]] void RunAndExit(const std::function<void()>& work) {
  try {
    work();
  } catch (const IoError& error) {
    ::_exit(error.error_number());
  } catch (...) {
    ::_exit(kOtherFailure);
  }
  ::_exit(0);
}

Ending EndingOf(int status) {
  if (WIFSIGNALED(status)) return {.was_killed = WTERMSIG(status) == SIGKILL, .status = status};
  return {.was_killed = false, .status = WEXITSTATUS(status)};
}

}  // namespace

pid_t RunForked(const std::function<void()>& work) {
  std::fflush(stdout);  // sanitizers would write it again at the child's exit
  const pid_t child = ::fork();
  if (child == 0) RunAndExit(work);
  EXPECT_GT(child, 0);
  return child;
}

Ending WaitFor(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return EndingOf(status);
}

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

namespace {

// ptrace marks syscall stops with this bit beside the signal (PTRACE_O_TRACESYSGOOD).
constexpr int kSyscallStop = SIGTRAP | 0x80;

// ptrace's arguments are pointers, or numbers in the form of pointers.
void* Pointer(uintptr_t number) {
  return reinterpret_cast<void*>(number);  // NOLINT(performance-no-int-to-ptr)
}

long Trace(__ptrace_request request, pid_t process, uintptr_t address, void* data) {
  return ::ptrace(request, process, Pointer(address), data);
}

#ifdef __x86_64__

void SetRegister(pid_t process, size_t offset, int64_t value) {
  EXPECT_EQ(Trace(PTRACE_POKEUSER, process, offset, Pointer(static_cast<uintptr_t>(value))), 0);
}
void SkipCall(pid_t process) { SetRegister(process, offsetof(user_regs_struct, orig_rax), -1); }
void SetResult(pid_t process, int64_t result) {
  SetRegister(process, offsetof(user_regs_struct, rax), result);
}
void SetThirdArgument(pid_t process, uint64_t value) {
  SetRegister(process, offsetof(user_regs_struct, rdx), static_cast<int64_t>(value));
}

#else

void SkipCall(pid_t process) {
  int number = -1;
  iovec part{&number, sizeof(number)};
  EXPECT_EQ(Trace(PTRACE_SETREGSET, process, NT_ARM_SYSTEM_CALL, &part), 0);
}
void SetRegister(pid_t process, size_t which, uint64_t value) {
  user_regs_struct registers;
  iovec part{&registers, sizeof(registers)};
  EXPECT_EQ(Trace(PTRACE_GETREGSET, process, NT_PRSTATUS, &part), 0);
  registers.regs[which] = value;
  EXPECT_EQ(Trace(PTRACE_SETREGSET, process, NT_PRSTATUS, &part), 0);
}
void SetResult(pid_t process, int64_t result) {
  SetRegister(process, 0, static_cast<uint64_t>(result));
}
void SetThirdArgument(pid_t process, uint64_t value) { SetRegister(process, 2, value); }

#endif

class Tracer {
 public:
  Tracer(pid_t child, const std::function<Verdict(const Stop&)>& judge)
      : child_(child), judge_(judge) {}

  Ending Run() {
    int status = 0;
    EXPECT_EQ(::waitpid(child_, &status, 0), child_);
    if (!WIFSTOPPED(status)) return EndingOf(status);
    Trace(PTRACE_SETOPTIONS, child_, 0, Pointer(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
    for (int signal = 0;;) {
      Trace(PTRACE_SYSCALL, child_, 0, Pointer(static_cast<uintptr_t>(signal)));
      EXPECT_EQ(::waitpid(child_, &status, 0), child_);
      if (!WIFSTOPPED(status)) return EndingOf(status);
      signal = WSTOPSIG(status) == kSyscallStop ? 0 : WSTOPSIG(status);
      if (signal == 0) Judge();
    }
  }

 private:
  void Judge() {
    __ptrace_syscall_info info{};
    Trace(PTRACE_GET_SYSCALL_INFO, child_, sizeof(info), &info);
    stop_.process = child_;
    stop_.is_before = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (stop_.is_before) {
      ++stop_.index;
      stop_.number = static_cast<long>(info.entry.nr);
      for (size_t i = 0; i < stop_.arguments.size(); ++i) stop_.arguments[i] = info.entry.args[i];
    } else {
      if (failure_ != 0) SetResult(child_, -failure_);
      stop_.result = failure_ != 0 ? -failure_ : info.exit.rval;
      failure_ = 0;
    }
    const Verdict verdict = judge_(stop_);
    switch (verdict.kind) {
      case Verdict::Kind::kGoOn:
        break;
      case Verdict::Kind::kKill:
        ::kill(child_, SIGKILL);
        break;
      case Verdict::Kind::kFail:
        failure_ = verdict.error_number;
        SkipCall(child_);
        break;
      case Verdict::Kind::kShorten:
        SetThirdArgument(child_, stop_.arguments[2] / 2);
        break;
    }
  }

  const pid_t child_;
  const std::function<Verdict(const Stop&)>& judge_;
  Stop stop_{
      .process = 0, .index = -1, .is_before = false, .number = 0, .arguments = {}, .result = 0};
  int failure_ = 0;
};

}  // namespace

bool CanTrace() {
  bool was_seen = false;
  RunTraced([] { ::getppid(); },
            [&](const Stop&) {
              was_seen = true;
              return Verdict{};
            });
  return was_seen;
}

Ending RunTraced(const std::function<void()>& work,
                 const std::function<Verdict(const Stop&)>& judge) {
  const pid_t child = RunForked([&] {
    if (Trace(PTRACE_TRACEME, 0, 0, nullptr) != 0) return;
    ::raise(SIGSTOP);
    work();
  });
  return Tracer(child, judge).Run();
}

std::string Stop::Bytes(uint64_t address, size_t size) const {
  std::string bytes(size, '\0');
  iovec to{bytes.data(), size};
  iovec from{Pointer(address), size};
  const ssize_t got = ::process_vm_readv(process, &to, 1, &from, 1, 0);
  bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return bytes;
}

std::string Stop::Text(uint64_t address) const {
  constexpr size_t kLongest = 4096;  // PATH_MAX; what lies behind a page's end may not be readable
  const std::string bytes = Bytes(address, kLongest - address % kLongest) +
                            Bytes(address + kLongest - address % kLongest, address % kLongest);
  return bytes.substr(0, bytes.find('\0'));
}

#else

bool CanTrace() { return false; }
Ending RunTraced(const std::function<void()>&, const std::function<Verdict(const Stop&)>&) {
  return {};
}
std::string Stop::Bytes(uint64_t, size_t) const { return {}; }
std::string Stop::Text(uint64_t) const { return {}; }

#endif

}  // namespace flatmanifest::testing
