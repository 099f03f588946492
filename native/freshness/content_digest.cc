#include "freshness/content_digest.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "format/error.h"
#include "freshness/blake2b.h"
#include "freshness/installed_packages.h"
#include "freshness/kept_contents.h"
#include "freshness/threads.h"

namespace flatmanifest {

namespace {

namespace fs = std::filesystem;

constexpr int kMostDirectories = 100;  // above a file
// Enough files to be worth the start of a thread.
constexpr size_t kDigestsOfThread = 64;

// A path that counts, with the part of the digest that is about it.
struct Item {
  std::string name;
  std::string path;
  FileUse use;
  std::string_view kind;
  std::string detail;  // the digest of a file's content, or what else counts
};

constexpr std::string_view kNothing = "nothing";
constexpr std::string_view kFile = "file";
constexpr std::string_view kDirectory = "directory";
constexpr std::string_view kOtherKind = "other";

std::string_view KindOf(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) throw IoError("cannot read", path, errno);
    return kNothing;
  }
  if (S_ISDIR(status.st_mode)) return kDirectory;
  return S_ISREG(status.st_mode) ? kFile : kOtherKind;
}

std::string DigestOfFile(const std::string& path, KeptContents* kept) {
  Blake2b digest;
  ReadContent(path, kept, [&](std::string_view piece) { digest.AddPart(piece); });
  return digest.Hexadecimal();
}

std::string DigestOfNames(const std::string& directory) {
  std::vector<std::string> names = SortedNames(directory);
  std::erase(names, "__pycache__");
  return DigestOf(names);
}

// Finds all paths that count; the contents of files are left to read.
class Walk {
 public:
  explicit Walk(unsigned thread_count) : thread_count_(thread_count) {}

  void Add(const NamedDependency& dependency) {
    const std::string_view kind = KindOf(dependency.path);
    Item item{dependency.name, dependency.path, dependency.use, kind, {}};
    if (kind == kDirectory) {
      if (dependency.use == FileUse::kRead) return AddTree(item, 0);
      if (dependency.use == FileUse::kListed) item.detail = DigestOfNames(item.path);
      if (dependency.use == FileUse::kAlone) {
        item.detail = HasPackages(item.path) ? DigestOfPackages(item.path, thread_count_)
                                             : DigestOfNames(item.path);
      }
    }
    items_.push_back(std::move(item));
  }

  std::vector<Item> items() && { return std::move(items_); }

 private:
  void AddTree(const Item& directory, int depth) {
    if (depth == kMostDirectories) throw IoError("cannot read", directory.path, ELOOP);
    items_.push_back(directory);
    std::error_code error;
    for (const fs::directory_entry& each : fs::directory_iterator(directory.path, error)) {
      const std::string name = each.path().filename().string();
      const std::string path = directory.path + '/' + name;
      // The entry knows most kinds without a system call.
      const bool is_regular = !each.is_symlink(error) && each.is_regular_file(error);
      Item item{
          directory.name + '/' + name, path, FileUse::kRead, is_regular ? kFile : KindOf(path), {}};
      if (item.kind == kFile && IsHidden(name)) continue;
      if (item.kind == kDirectory) {
        AddTree(item, depth + 1);
      } else {
        items_.push_back(std::move(item));
      }
    }
    if (error) throw IoError("cannot read", directory.path, error.value());
  }

  unsigned thread_count_;
  std::vector<Item> items_;
};

bool HasContent(const Item& item) {
  return item.kind == kFile && (item.use == FileUse::kRead || item.use == FileUse::kAlone);
}

void ReadContents(std::vector<Item>& items, unsigned thread_count, KeptContents* kept) {
  DoInThreads(items.size(), thread_count, kDigestsOfThread, [&](size_t i) {
    if (HasContent(items[i])) items[i].detail = DigestOfFile(items[i].path, kept);
  });
}

std::string_view NameOf(FileUse use) {
  for (const auto& [name, each] : kFileUses) {
    if (each == use) return name;
  }
  return {};
}

}  // namespace

std::string ContentDigest(std::span<const NamedDependency> dependencies, unsigned thread_count,
                          KeptContents* kept) {
  Blake2b::UseFastest();
  Walk walk(thread_count);
  for (const NamedDependency& dependency : dependencies) walk.Add(dependency);
  std::vector<Item> items = std::move(walk).items();
  ReadContents(items, thread_count, kept);
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::tie(a.name, a.use) < std::tie(b.name, b.use);
  });
  Blake2b digest;
  for (const Item& item : items) {
    digest.Add(NameOf(item.use));
    digest.Add(item.name);
    digest.Add(item.kind);
    digest.Add(item.detail);
  }
  return digest.Hexadecimal();
}

}  // namespace flatmanifest
