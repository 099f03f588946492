// `fdbt …`: `flatmanifest dbt …`, under a name that can stand where a tool wants dbt's executable.
//
// A program of its own rather than a second copy of flatmanifest, which is a hundred times as large
// and which a wheel cannot link to. flatmanifest, which lies beside it, sees the name that it is
// given (cli/dbt_command.cc).

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

// The directory of this executable, with the slash at its end; links to it are resolved.
std::string DirectoryOf(const char* name) {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof(path));
  std::string self;
  if (length > 0) {
    self.assign(path, static_cast<size_t>(length));
  } else if (::realpath(name, path) != nullptr) {  // where there is no /proc
    self = path;
  }
  return self.substr(0, self.rfind('/') + 1);
}

}  // namespace

int main(int argc, char** argv) {
  std::string directory = DirectoryOf(argc > 0 ? argv[0] : "");
  const std::string program = directory + "flatmanifest";
  std::string name = directory + "fdbt";
  std::vector<char*> command = {name.data()};
  for (int i = 1; i < argc; ++i) command.push_back(argv[i]);
  command.push_back(nullptr);
  ::execv(program.c_str(), command.data());
  std::fprintf(stderr, "fdbt: cannot run %s: %s: install flatmanifest again\n", program.c_str(),
               std::strerror(errno));
  return 1;
}
