#include "freshness/directory_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "format/error.h"
#include "freshness/kept_contents.h"
#include "store/clock.h"

namespace flatmanifest {

namespace {

constexpr unsigned kMostThreads = 8;  // a file system's own locks are the limit beyond
constexpr int kMaxDirectoryDepth = 100;
// The work of some hundred microseconds, about the time of starting a thread.
constexpr size_t kNamesInPart = 128;

enum class Mark : uint64_t {
  kMissing,
  kFile,
  kDirectory,
  kContent,
  kOther,
  kAlone,
  kNames,
  kLink,
};

class Digest {
 public:
  Digest() { XXH3_128bits_reset(state_.get()); }

  void Add(const void* bytes, size_t size) { XXH3_128bits_update(state_.get(), bytes, size); }
  void Add(uint64_t number) { Add(&number, sizeof(number)); }
  void Add(Mark mark) { Add(static_cast<uint64_t>(mark)); }
  void Add(std::string_view text) {
    Add(uint64_t{text.size()});
    Add(text.data(), text.size());
  }
  void Add(const struct stat& status) {
    const uint64_t facts[] = {
        static_cast<uint64_t>(status.st_size), static_cast<uint64_t>(ModifiedNs(status)),
        static_cast<uint64_t>(InodeChangedNs(status)), static_cast<uint64_t>(status.st_ino),
        static_cast<uint64_t>(status.st_dev)};
    Add(facts, sizeof(facts));
  }
  XXH128_hash_t Value() const { return XXH3_128bits_digest(state_.get()); }

 private:
  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  const std::unique_ptr<XXH3_state_t, FreeState> state_{XXH3_createState()};
};

using Directory = std::unique_ptr<DIR, int (*)(DIR*)>;

// A task: to read a directory, or to look at some names of one that was read.
struct Part {
  std::string path;
  int depth = 0;
  std::shared_ptr<const Directory> directory;
  std::vector<std::string> names;
  size_t index = 0;  // among the parts with names of the directory
};

struct PartDigest {
  std::string place;
  XXH128_hash_t digest;
};

std::shared_ptr<const Directory> Open(const std::string& path) {
  auto directory = std::make_shared<const Directory>(::opendir(path.c_str()), &::closedir);
  if (*directory == nullptr) throw IoError("cannot read", path, errno);
  return directory;
}

// Sorted names. `with_hidden`: also of files that dbt's parsers leave out.
std::vector<std::string> NamesIn(DIR* directory, const std::string& path, bool with_hidden) {
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory);
    if (entry == nullptr) {
      if (errno != 0) throw IoError("cannot read", path, errno);
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (!with_hidden && entry->d_type == DT_REG && IsHidden(name)) continue;
    names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void AddContent(const std::string& path, KeptContents* kept, Digest& digest) {
  digest.Add(Mark::kContent);
  ReadContent(path, kept, [&](std::string_view piece) { digest.Add(piece.data(), piece.size()); });
}

// The facts about a path alone.
void AddFact(const std::string& path, FileUse use, Digest& digest) {
  struct stat status {};
  if (use == FileUse::kProbed && ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode)) {
    std::error_code error;
    digest.Add(Mark::kLink);
    digest.Add(std::filesystem::read_symlink(path, error).native());
  }
  if (::stat(path.c_str(), &status) != 0) {
    // A path that may not be looked at differs from a missing one, as it does in Python.
    digest.Add(Mark::kMissing);
    return digest.Add(static_cast<uint64_t>(errno == ENOTDIR ? ENOENT : errno));
  }
  switch (use) {
    case FileUse::kRead:
    case FileUse::kAlone:
      digest.Add(Mark::kAlone);
      return digest.Add(status);
    case FileUse::kProbed:
      return digest.Add(S_ISDIR(status.st_mode)   ? Mark::kDirectory
                        : S_ISREG(status.st_mode) ? Mark::kFile
                                                  : Mark::kOther);
    case FileUse::kListed:
      if (!S_ISDIR(status.st_mode)) return digest.Add(Mark::kOther);
      digest.Add(Mark::kNames);
      for (const std::string& name : NamesIn(Open(path)->get(), path, true)) digest.Add(name);
  }
}

class Scan {
 public:
  Scan(const IsByContent& is_by_content, unsigned thread_count, KeptContents* kept)
      : is_by_content_(is_by_content), kept_(kept), thread_count_(thread_count) {}

  ScanResult Run(std::span<const FileDependency> dependencies) {
    Digest digest;
    ScanResult found;
    for (const auto& [path, use] : dependencies) {
      digest.Add(path);
      digest.Add(static_cast<uint64_t>(use));
      if (use == FileUse::kRead) {
        AddPath(path, AT_FDCWD, path.c_str(), 0, digest, found);
      } else {
        AddFact(path, use, digest);
      }
    }
    Keep({}, digest, std::move(found));
    Work();
    for (std::thread& thread : threads_) thread.join();
    if (error_) std::rethrow_exception(error_);
    return Finish();
  }

 private:
  // Works until nothing is left, or a thread has failed.
  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !waiting_.empty() || busy_ == 0 || error_; });
      if (error_ || waiting_.empty()) break;
      Part part = std::move(waiting_.back());
      waiting_.pop_back();
      ++busy_;
      lock.unlock();
      std::exception_ptr error;
      try {
        LookAt(part);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (error && !error_) error_ = error;
      --busy_;
    }
    changed_.notify_all();
  }

  void Push(Part part) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(part));
    changed_.notify_one();
    const bool is_worth_it = name_count_ > kNamesInPart && waiting_.size() > threads_.size();
    if (is_worth_it && !error_ && threads_.size() + 1 < thread_count_) StartThread();
  }

  void StartThread() {
    try {
      threads_.emplace_back([this] { Work(); });
    } catch (const std::system_error&) {
      thread_count_ = 0;  // the system has no more of them
    }
  }

  void LookAt(const Part& part) {
    if (part.directory == nullptr) {
      ReadDirectory(part);
    } else {
      AddNames(part);
    }
  }

  void ReadDirectory(const Part& part) {
    if (part.depth >= kMaxDirectoryDepth) {
      throw IoError("directories nest without end", part.path, ELOOP);
    }
    const auto directory = Open(part.path);
    std::vector<std::string> names = NamesIn(directory->get(), part.path, false);
    name_count_ += names.size();
    Digest digest;
    digest.Add(uint64_t{names.size()});
    Keep(part.path, digest, {});
    // The calling thread is the first of them.
    for (size_t end = names.size(); end > 0;) {
      const size_t index = (end - 1) / kNamesInPart;
      const auto begin = names.begin() + static_cast<std::ptrdiff_t>(index * kNamesInPart);
      Part some{part.path, part.depth + 1, directory, {}, index};
      some.names.assign(std::make_move_iterator(begin), std::make_move_iterator(names.end()));
      names.erase(begin, names.end());
      end = names.size();
      if (index == 0) return AddNames(some);
      Push(std::move(some));
    }
  }

  void AddNames(const Part& part) {
    Digest digest;
    ScanResult found;
    std::string path = part.path + '/';
    for (const std::string& name : part.names) {
      path.resize(part.path.size() + 1);
      path += name;
      digest.Add(name);
      AddPath(path, ::dirfd(part.directory->get()), name.c_str(), part.depth, digest, found);
    }
    // Names contain no NUL, so no other part has this place.
    Keep(part.path + '\0' + std::to_string(part.index), digest, std::move(found));
  }

  // Looks at a path, which is `name` in an open directory.
  void AddPath(const std::string& path, int directory, const char* name, int depth, Digest& digest,
               ScanResult& found) {
    struct stat status {};
    if (::fstatat(directory, name, &status, 0) != 0) {
      // dbt, too, treats a dangling link as a missing file.
      if (errno != ENOENT && errno != ENOTDIR) throw IoError("cannot read", path, errno);
      return digest.Add(Mark::kMissing);
    }
    if (S_ISDIR(status.st_mode)) {
      digest.Add(Mark::kDirectory);
      return Push({path, depth, nullptr, {}, 0});
    }
    if (!S_ISREG(status.st_mode)) return digest.Add(Mark::kOther);
    digest.Add(Mark::kFile);
    digest.Add(status);
    ++found.file_count;
    if (!is_by_content_(path, status)) return;
    found.by_content.push_back(path);
    AddContent(path, kept_, digest);
  }

  void Keep(std::string place, const Digest& digest, ScanResult found) {
    const std::lock_guard lock(mutex_);
    digests_.push_back({std::move(place), digest.Value()});
    result_.file_count += found.file_count;
    std::move(found.by_content.begin(), found.by_content.end(),
              std::back_inserter(result_.by_content));
  }

  ScanResult Finish() {
    std::sort(digests_.begin(), digests_.end(),
              [](const PartDigest& a, const PartDigest& b) { return a.place < b.place; });
    Digest all;
    for (const PartDigest& part : digests_) {
      all.Add(part.place);
      all.Add(part.digest.low64);
      all.Add(part.digest.high64);
    }
    const XXH128_hash_t digest = all.Value();
    result_.digest_low = digest.low64;
    result_.digest_high = digest.high64;
    std::sort(result_.by_content.begin(), result_.by_content.end());
    return std::move(result_);
  }

  const IsByContent& is_by_content_;
  KeptContents* kept_;
  std::atomic<size_t> name_count_ = 0;
  std::mutex mutex_;  // of what follows
  size_t thread_count_;
  std::condition_variable changed_;
  std::vector<Part> waiting_;  // last in, first out: few directories are open at a time
  size_t busy_ = 0;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
  std::vector<PartDigest> digests_;
  ScanResult result_;
};

}  // namespace

bool IsHidden(std::string_view name) {
  // dbt 1.12 reads every *.json of osi-paths (dbt.parser.osi).
  return !name.empty() && (name[0] == '.' || name[0] == '#' || name[0] == '~') &&
         !name.ends_with(".json");
}

std::vector<std::string> SortedNames(const std::string& directory) {
  return NamesIn(Open(directory)->get(), directory, true);
}

unsigned ThreadCount() { return std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreads); }

ScanResult ScanDirectories(std::span<const FileDependency> dependencies,
                           const IsByContent& is_by_content, unsigned thread_count,
                           KeptContents* kept) {
  return Scan(is_by_content, thread_count, kept).Run(dependencies);
}

}  // namespace flatmanifest
