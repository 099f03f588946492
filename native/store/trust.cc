#include "store/trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "format/error.h"

namespace flatmanifest {

namespace {

constexpr const char* kVariable = "FLATMANIFEST_TRUST";
constexpr uid_t kRoot = 0;
constexpr mode_t kPermissions = 07777;

std::string_view Trusted() {
  const char* value = std::getenv(kVariable);
  return value == nullptr ? std::string_view() : value;
}

bool IsEverybodyTrusted() { return Trusted() == "all"; }

bool IsListed(uid_t user) {
  const std::string number = std::to_string(user);
  std::string_view rest = Trusted();
  while (!rest.empty()) {
    const size_t end = rest.find(',');
    if (rest.substr(0, end) == number) return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return false;
}

bool IsTrusted(uid_t user) { return user == ::geteuid() || user == kRoot || IsListed(user); }

// The other users who may write to it.
mode_t OtherWriters(const struct stat& status) {
  const mode_t others = status.st_mode & S_IWOTH;
  return status.st_gid == ::geteuid() ? others : others | (status.st_mode & S_IWGRP);
}

void RequireOwner(const struct stat& status, const std::string& path) {
  if (IsTrusted(status.st_uid)) return;
  const std::string owner = std::to_string(status.st_uid);
  throw FormatError(path + ": belongs to user " + owner + ", and this is user " +
                    std::to_string(::geteuid()) +
                    ": a cache of somebody else's is not used; remove it, choose another by "
                    "FLATMANIFEST_CACHE_DIR, or trust its owner by " +
                    kVariable + "=" + owner);
}

void RequireNoOtherWriters(const struct stat& status, const std::string& path) {
  const mode_t writers = OtherWriters(status);
  if (writers == 0) return;
  char mode[8];
  std::snprintf(mode, sizeof(mode), "%04o", static_cast<unsigned>(status.st_mode & kPermissions));
  const bool is_world = (writers & S_IWOTH) != 0;
  throw FormatError(
      path + ": " +
      (is_world ? "everybody" : "everybody in group " + std::to_string(status.st_gid)) +
      " may write to it (mode " + mode + "): a cache that others can change is not used; chmod " +
      "go-w it, choose another by FLATMANIFEST_CACHE_DIR, or trust them by " + kVariable + "=all");
}

// Whether only the owner and root have access to its contents.
bool IsPrivate(const struct stat& directory) {
  return (directory.st_mode & (S_IXGRP | S_IXOTH)) == 0;
}

struct stat LinkStatus(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw IoError("cannot open", path, errno);
  return status;
}

std::string DirectoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// Returns the status that was checked.
struct stat TrustedDirectory(const std::string& directory) {
  const struct stat link = LinkStatus(directory);
  // A user who can make a link could lead us to a directory that is ours and meant for other
  // things.
  RequireOwner(link, directory);
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) throw IoError("cannot open", directory, errno);
  if (!S_ISDIR(status.st_mode)) throw IoError("cannot open", directory, ENOTDIR);
  RequireOwner(status, directory);
  RequireNoOtherWriters(status, directory);
  return status;
}

}  // namespace

void RequireTrustedDirectory(const std::string& directory) {
  if (IsEverybodyTrusted()) return;
  try {
    TrustedDirectory(directory);
  } catch (const IoError& error) {
    if (error.error_number() != ENOENT) throw;
  }
}

void RequireTrustedFile(const std::string& path) {
  if (IsEverybodyTrusted()) return;
  const struct stat directory = TrustedDirectory(DirectoryOf(path));
  const struct stat status = LinkStatus(path);
  if (S_ISDIR(status.st_mode)) throw IoError("cannot open", path, EISDIR);
  if (!S_ISREG(status.st_mode)) throw FormatError(path + ": not a regular file");
  RequireOwner(status, path);
  // If the group cannot reach the directory, a umask of 002 does no harm.
  if (!IsPrivate(directory) || (status.st_mode & S_IWOTH) != 0) {
    RequireNoOtherWriters(status, path);
  }
}

void PrepareTrustedFile(const std::string& path) {
  RequireTrustedDirectory(DirectoryOf(path));
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) ::unlink(path.c_str());
}

bool IsAsTrusted(const std::string& path, const std::string& source) {
  if (IsEverybodyTrusted()) return true;
  struct stat made {};
  struct stat from {};
  if (::stat(path.c_str(), &made) != 0 || ::stat(source.c_str(), &from) != 0) return false;
  if (!IsTrusted(made.st_uid) && made.st_uid != from.st_uid) return false;
  const mode_t allowed = made.st_gid == from.st_gid ? from.st_mode : from.st_mode & ~S_IWGRP;
  return (OtherWriters(made) & ~allowed) == 0;
}

}  // namespace flatmanifest
