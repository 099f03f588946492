#include "resident/place.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "format/error.h"
#include "freshness/blake2b.h"
#include "resident/process_state.h"

namespace flatmanifest::resident {

namespace {

namespace fs = std::filesystem;

constexpr const char* kSocketDirectory = "flatmanifest-resident";
constexpr mode_t kPrivate = 0700;
constexpr size_t kNameSize = 24;  // hexadecimal digits

std::string Absolute(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value == '/' ? value : "";
}

// The directory that the places of a user lie in. The XDG Base Directory Specification has
// relative paths ignored.
fs::path Parent() {
  const std::string runtime = Absolute("XDG_RUNTIME_DIR");
  if (!runtime.empty() && ::access(runtime.c_str(), W_OK | X_OK) == 0) return runtime;
  std::string cache = Absolute("XDG_CACHE_HOME");
  if (!cache.empty()) return cache;
  const std::string home = Absolute("HOME");
  if (!home.empty()) return fs::path(home) / ".cache";
  throw FormatError("there is no directory for sockets: set XDG_RUNTIME_DIR or HOME");
}

}  // namespace

Place OpenPlace() {
  const fs::path parent = Parent();
  const std::string path = parent / kSocketDirectory;
  std::error_code error;
  fs::create_directories(parent, error);
  if (error) throw IoError("cannot make", parent, error.value());
  if (::mkdir(path.c_str(), kPrivate) != 0 && errno != EEXIST) {
    throw IoError("cannot make", path, errno);
  }
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (directory.get() < 0) {
    const bool is_other = errno == ENOTDIR || errno == ELOOP;
    if (is_other) throw FormatError(path + " is not a directory: remove it");
    throw IoError("cannot open", path, errno);
  }
  struct stat found {};
  if (::fstat(directory.get(), &found) != 0) throw IoError("cannot look at", path, errno);
  if (found.st_uid != ::geteuid()) {
    throw FormatError(path + " belongs to user " + std::to_string(found.st_uid) + ": remove it");
  }
  if ((found.st_mode & 07777) != kPrivate) {
    throw FormatError("others may enter " + path + ": chmod 700 it");
  }
  return {std::move(directory), path};
}

std::string SocketName(const std::string& python) {
  std::vector<std::string> parts = Surroundings();
  parts.push_back(python);
  parts.emplace_back(FLATMANIFEST_VERSION);
  return DigestOf(parts).substr(0, kNameSize);
}

std::vector<std::string> SocketNames(const Place& place) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each(place.path, error), end; !error && each != end;
       each.increment(error)) {
    std::string name = each->path().filename().string();
    if (name.size() == kNameSize && each->is_socket(error)) names.push_back(std::move(name));
  }
  if (error) throw IoError("cannot list", place.path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Descriptor Connect(const Place& place, const std::string& name) {
  // Through the descriptor of the directory that was checked. The path is short, too: a socket's
  // path has at most 107 bytes.
  const std::string path = "/proc/self/fd/" + std::to_string(place.directory.get()) + '/' + name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) throw FormatError(path + " is too long");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Descriptor connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connection.get() < 0) throw IoError("cannot make", "a socket", errno);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
      0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return Descriptor(-1);
    throw IoError("cannot connect to", place.path + '/' + name, errno);
  }
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    throw IoError("cannot ask for the owner of", place.path + '/' + name, errno);
  }
  if (peer.uid != ::geteuid()) {
    throw FormatError(place.path + '/' + name + " is served by user " + std::to_string(peer.uid));
  }
  return connection;
}

}  // namespace flatmanifest::resident
