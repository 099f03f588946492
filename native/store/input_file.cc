#include "store/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "format/error.h"
#include "format/interruption.h"
#include "store/clock.h"

namespace flatmanifest {

namespace {

constexpr size_t kChunk = 1 << 20;
constexpr uint64_t kLargestText = uint64_t{4} << 30;  // simdjson's offsets are 32 bits
// Wider than the coarsest time stamps that common file systems keep (FAT: two seconds).
constexpr int64_t kClockGranularityNs = 2'000'000'000;
constexpr std::string_view kGzipMagic = "\x1f\x8b";
// Gzip compresses nothing to less than a thousandth, and dbt's manifests to a twentieth. Large data
// that is compressed more tightly than this was made to fill memory.
constexpr uint64_t kLargestRatio = 200;
constexpr uint64_t kSmallUnpacked = uint64_t{64} << 20;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw IoError("cannot open", path, errno);
  }
  ~Descriptor() {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  int fd_;
};

struct stat Stat(int fd, const std::string& path) {
  struct stat status;
  if (::fstat(fd, &status) != 0) throw IoError("cannot read", path, errno);
  return status;
}

SourceStamp StampOf(const struct stat& status) {
  SourceStamp stamp;
  stamp.size = static_cast<uint64_t>(status.st_size);
  stamp.mtime_ns = ModifiedNs(status);
  stamp.ctime_ns = InodeChangedNs(status);
  stamp.inode = status.st_ino;
  stamp.device = status.st_dev;
  return stamp;
}

bool SameFile(const SourceStamp& a, const SourceStamp& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns &&
         a.inode == b.inode && a.device == b.device;
}

// Whether the file could have changed after the stamp was taken without new times.
bool IsRacy(const SourceStamp& stamp) {
  return std::max(stamp.mtime_ns, stamp.ctime_ns) + kClockGranularityNs >= stamp.taken_ns;
}

void SetDigest(SourceStamp& stamp, std::string_view bytes) {
  const XXH128_hash_t digest = XXH3_128bits(bytes.data(), bytes.size());
  stamp.digest_low = digest.low64;
  stamp.digest_high = digest.high64;
}

// Reads until `size` bytes or the end; returns the number of bytes.
size_t ReadUpTo(int fd, char* to, size_t size, const std::string& path) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, to + done, size - done);
    if (got == 0) break;
    if (got < 0) {
      if (errno != EINTR) throw IoError("cannot read", path, errno);
      CheckInterruption(Urgency::kNow);
      continue;
    }
    done += static_cast<size_t>(got);
  }
  return done;
}

[[noreturn]] void FailTooLarge(const std::string& path) {
  throw ConvertError(path + ": byte " + std::to_string(kLargestText) +
                     ": over 4 GiB of JSON, more than can be converted");
}

// A file of known size is read into its buffer directly; for others the buffer grows.
PaddedText ReadAll(int fd, const struct stat& status, const std::string& path) {
  if (S_ISREG(status.st_mode)) {
    if (static_cast<uint64_t>(status.st_size) > kLargestText) FailTooLarge(path);
    PaddedText text(static_cast<size_t>(status.st_size));
    text.Resize(ReadUpTo(fd, text.data(), text.size(), path));
    return text;
  }
  PaddedText text(0);
  for (;;) {
    const size_t before = text.size();
    text.Resize(before + kChunk);
    const size_t got = ReadUpTo(fd, text.data() + before, kChunk, path);
    text.Resize(before + got);
    if (text.size() > kLargestText) FailTooLarge(path);
    if (got < kChunk) return text;
  }
}

[[noreturn]] void FailGzip(const std::string& path, size_t offset, const std::string& what) {
  throw ConvertError(path + ": byte " + std::to_string(offset) + ": " + what);
}

void CheckRatio(const std::string& path, uint64_t unpacked, uint64_t packed) {
  if (unpacked <= kSmallUnpacked || unpacked / kLargestRatio <= packed) return;
  FailGzip(path, packed,
           "so far the gzip data has unpacked to " + std::to_string(unpacked) + " bytes, over " +
               std::to_string(kLargestRatio) + " times its size, which no manifest does");
}

// Unpacks all members of a gzip file. Zeros may follow the last one, as padding of tapes and some
// stores (gzip and Python's gzip accept them too).
PaddedText Gunzip(std::string_view packed, const std::string& path) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> cleanup(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  size_t left = packed.size();
  PaddedText text(0);
  for (;;) {
    if (stream.avail_in == 0) {
      stream.avail_in = static_cast<uInt>(std::min<size_t>(left, 1U << 30));
      left -= stream.avail_in;
    }
    CheckInterruption();
    const size_t before = text.size();
    text.Resize(before + kChunk);
    stream.next_out = reinterpret_cast<Bytef*>(text.data()) + before;
    stream.avail_out = kChunk;
    const int result = inflate(&stream, Z_NO_FLUSH);
    text.Resize(before + kChunk - stream.avail_out);
    if (text.size() > kLargestText) FailTooLarge(path);
    const size_t offset = packed.size() - left - stream.avail_in;
    CheckRatio(path, text.size(), offset);
    if (result == Z_STREAM_END) {
      const size_t next = packed.find_first_not_of('\0', offset);
      if (next == std::string_view::npos) return text;
      inflateReset(&stream);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data())) + next;
      stream.avail_in = 0;
      left = packed.size() - next;
    } else if (result == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (result != Z_OK) {
      FailGzip(
          path, offset,
          result == Z_BUF_ERROR ? "the gzip data ends early (truncated)" : "damaged gzip data");
    }
  }
}

}  // namespace

void PaddedText::Resize(size_t size) {
  bytes_.resize(size + simdjson::SIMDJSON_PADDING);
  std::memset(bytes_.data() + size, 0, simdjson::SIMDJSON_PADDING);
  size_ = size;
}

InputFile ReadInput(const std::string& path) {
  const Descriptor fd(path);
  const struct stat status = Stat(fd.get(), path);
  if (S_ISDIR(status.st_mode)) throw IoError("cannot read", path, EISDIR);
  SourceStamp stamp = StampOf(status);
  stamp.taken_ns = Now();

  InputFile input{ReadAll(fd.get(), status, path), std::nullopt};
  const std::string_view stored = input.text.text();
  const bool quiet = SameFile(stamp, StampOf(Stat(fd.get(), path))) && stored.size() == stamp.size;
  if (S_ISREG(status.st_mode) && quiet && path != "-") {
    SetDigest(stamp, stored);
    input.stamp = stamp;
  }
  if (stored.starts_with(kGzipMagic)) input.text = Gunzip(stored, path);
  return input;
}

Freshness CheckFreshness(const std::string& path, const SourceStamp& stamp) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return Freshness::kChanged;
  if (!SameFile(stamp, StampOf(status))) return Freshness::kChanged;
  if (!IsRacy(stamp)) return Freshness::kUnchanged;

  const Descriptor fd(path);
  const PaddedText text = ReadAll(fd.get(), Stat(fd.get(), path), path);
  SourceStamp now;
  SetDigest(now, text.text());
  const bool same = now.digest_low == stamp.digest_low && now.digest_high == stamp.digest_high;
  return same ? Freshness::kSameContent : Freshness::kChanged;
}

std::optional<SourceStamp> Restamp(const SourceStamp& stamp) {
  SourceStamp now = stamp;
  now.taken_ns = Now();
  if (IsRacy(now)) return std::nullopt;
  return now;
}

}  // namespace flatmanifest
