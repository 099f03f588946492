#include "front/history.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>
#include <system_error>

#include "format/error.h"
#include "freshness/file_contents.h"
#include "front/cache_lock.h"
#include "select/spec.h"
#include "store/descriptor.h"
#include "store/staged_file.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

constexpr size_t kMostRuns = 100;
constexpr size_t kMostHistoryBytes = 1 << 20;
constexpr size_t kMostText = 1000;  // bytes of a reason
// The counts have a fixed width, so that an answer is counted in place.
constexpr const char* kHead = "flatmanifest history 1\nnative %020llu\ndbt    %020llu\n";
constexpr size_t kHeadSize = 23 + 2 * 28;

std::string PathIn(const std::string& directory) {
  return directory + '/' + std::string(kHistoryName);
}

std::string HeadOf(const History& history) {
  char text[kHeadSize + 1];
  std::snprintf(text, sizeof(text), kHead, static_cast<unsigned long long>(history.native_count),
                static_cast<unsigned long long>(history.dbt_count));
  return text;
}

template <typename Number>
std::optional<Number> NumberIn(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The counts; nothing for a text that is no head.
std::optional<History> ReadHead(std::string_view text) {
  if (text.size() < kHeadSize) return std::nullopt;
  const auto native = NumberIn<uint64_t>(text.substr(23 + 7, 20));
  const auto dbt = NumberIn<uint64_t>(text.substr(23 + 28 + 7, 20));
  if (!native || !dbt) return std::nullopt;
  History history{.native_count = *native, .dbt_count = *dbt, .runs = {}};
  if (text.substr(0, kHeadSize) != HeadOf(history)) return std::nullopt;
  return history;
}

std::optional<RunOfDbt> ReadRun(std::string_view line) {
  std::vector<std::string> parts;
  ForEachPart(line, '\t', [&parts](std::string_view part) { parts.emplace_back(part); });
  if (parts.size() != 4) return std::nullopt;
  const auto time = NumberIn<int64_t>(parts[0]);
  if (!time) return std::nullopt;
  return RunOfDbt{
      .time_s = *time, .command = parts[1], .because = parts[2], .not_recorded = parts[3]};
}

// A text as one field of a line.
std::string Field(std::string text) {
  if (text.size() > kMostText) text.resize(kMostText);
  std::replace_if(
      text.begin(), text.end(), [](char each) { return each == '\t' || each == '\n'; }, ' ');
  return text;
}

std::string LineOf(const RunOfDbt& run) {
  return std::to_string(run.time_s) + '\t' + Field(run.command) + '\t' + Field(run.because) + '\t' +
         Field(run.not_recorded) + '\n';
}

bool IsThere(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

History ReadHistory(const std::string& directory) {
  const std::string path = PathIn(directory);
  if (!IsThere(path)) return {};
  RequireTrustedFile(path);
  const auto text = ReadFiles({&path, 1}, kMostHistoryBytes, 1)[0];
  if (!text) return {};
  auto history = ReadHead(*text);
  if (!history) return {};
  ForEachPart(std::string_view(*text).substr(kHeadSize), '\n', [&](std::string_view line) {
    if (auto run = ReadRun(line)) history->runs.push_back(std::move(*run));
  });
  return *history;
}

void CountAnswer(const std::string& directory) noexcept {
  try {
    const std::string path = PathIn(directory);
    const Descriptor file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (file.get() < 0) return;
    std::string head(kHeadSize, '\0');
    const ssize_t size = ::pread(file.get(), head.data(), head.size(), 0);
    if (size < 0) return;
    head.resize(static_cast<size_t>(size));
    History history = ReadHead(head).value_or(History());
    ++history.native_count;
    head = HeadOf(history);
    if (::pwrite(file.get(), head.data(), head.size(), 0) < 0) return;
  } catch (const std::exception&) {  // no memory, which the answer did not need
  }
}

void CountRun(const std::string& directory, RunOfDbt run) {
  if (!IsThere(directory)) return;
  PrepareTrustedFile(PathIn(directory));
  const CacheLock lock(directory);
  History history = ReadHistory(directory);
  ++history.dbt_count;
  history.runs.insert(history.runs.begin(), std::move(run));
  if (history.runs.size() > kMostRuns) history.runs.resize(kMostRuns);
  std::string text = HeadOf(history);
  for (const RunOfDbt& each : history.runs) text += LineOf(each);
  StagedFile file(PathIn(directory));
  WriteAll(file.fd(), text, file.name());
  file.RenameIntoPlace();
}

}  // namespace flatmanifest::front
