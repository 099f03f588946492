#include "listing/graphviz.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "format/error.h"

// POSIX has programs declare it; glibc declares it, too.
// NOLINTNEXTLINE(readability-redundant-declaration)
extern char** environ;

namespace flatmanifest {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// A nameless file, which vanishes when it is closed. Unlike pipes, files never make the program
// wait.
File TemporaryFile() {
  File file(std::tmpfile());
  if (!file) throw IoError("cannot make", "a temporary file", errno);
  return file;
}

std::string ReadAll(std::FILE* file) {
  std::string text;
  std::rewind(file);
  char part[65536];
  size_t length = 0;
  while ((length = std::fread(part, 1, sizeof(part), file)) > 0) text.append(part, length);
  return text;
}

// Runs the program. Returns its exit status, or -1 if it was killed. Throws Error if it cannot be
// run.
int RunDot(Layout layout, std::FILE* input, std::FILE* output, std::FILE* errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(input), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(output), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO);
  char program[] = "dot";
  char format[] = "-Tsvg";
  char engine[] = "-Ksfdp";
  char* arguments[] = {program, format, layout == Layout::kForces ? engine : nullptr, nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, program, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0 && error != ENOENT) throw IoError("cannot run", program, error);
  if (error != 0) {
    throw Error(
        "drawing needs Graphviz, whose program dot is not on the PATH; install it "
        "(apt install graphviz, brew install graphviz), or use --output dot");
  }
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::string DotToSvg(std::string_view dot, Layout layout) {
  const File input = TemporaryFile();
  const File output = TemporaryFile();
  const File errors = TemporaryFile();
  const bool is_written = std::fwrite(dot.data(), 1, dot.size(), input.get()) == dot.size();
  if (!is_written || std::fflush(input.get()) != 0) {
    throw IoError("cannot write", "a temporary file", errno);
  }
  // The program shares the file's position, so it must be reset.
  std::rewind(input.get());
  lseek(fileno(input.get()), 0, SEEK_SET);
  const int status = RunDot(layout, input.get(), output.get(), errors.get());
  if (status != 0) {
    throw Error("dot failed" + (status > 0 ? " with status " + std::to_string(status) : "") + ": " +
                ReadAll(errors.get()));
  }
  std::string svg = ReadAll(output.get());
  // The program may run out of memory or disk without an error.
  if (svg.find("</svg>") == std::string::npos) {
    throw Error("dot made no complete drawing: " + ReadAll(errors.get()));
  }
  return svg;
}

}  // namespace flatmanifest
