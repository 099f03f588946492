#include "front/serve.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <future>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <utility>

#include "convert/json_writer.h"
#include "convert/text_buffer.h"
#include "format/error.h"
#include "freshness/file_contents.h"
#include "front/answer.h"
#include "front/artifact_record.h"
#include "front/blanks.h"
#include "front/cache.h"
#include "front/cache_fields.h"
#include "front/cache_lock.h"
#include "front/environment.h"
#include "front/history.h"
#include "front/ls_lines.h"
#include "front/not_served.h"
#include "front/places.h"
#include "front/portable_cache.h"
#include "front/portable_places.h"
#include "front/rotating_log.h"
#include "front/transcript.h"
#include "front/user_id.h"
#include "select/python_text.h"
#include "select/spec.h"
#include "store/clock.h"
#include "store/descriptor.h"
#include "store/trust.h"

namespace flatmanifest::front {

namespace {

constexpr std::string_view kSecretPrefix = "DBT_ENV_SECRET_";

using Clock = std::chrono::steady_clock;

// UTC, as in dbt's logs.
std::string TimeText(int64_t time_ns, const char* format, bool with_microseconds) {
  const time_t seconds = time_ns / kNsPerSecond;
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  size_t length = std::strftime(text, sizeof(text), format, &parts);
  if (with_microseconds) {
    length += static_cast<size_t>(std::snprintf(text + length, sizeof(text) - length, ".%06d",
                                                static_cast<int>(time_ns % kNsPerSecond / 1000)));
  }
  return {text, length};
}

std::string Decimal(double value, int places) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", places, value);
  return text;
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void SetTimes(Blanks& blanks) {
  const int64_t now = Now();
  blanks.Set(Blank::kTime, TimeText(now, "%H:%M:%S", false));
  blanks.Set(Blank::kPreciseTime, TimeText(now, "%H:%M:%S", true));
  blanks.Set(Blank::kTimestamp, TimeText(now, "%Y-%m-%dT%H:%M:%S", true) + "Z");
}

// The text as it stands between the quotes of a JSON string.
std::string JsonText(std::string_view text) {
  BulkText quoted;
  AppendJsonString(text, quoted);
  return std::string(quoted.text().substr(1, quoted.text().size() - 2));
}

std::string CommandText(const std::vector<std::string>& arguments) {
  std::string command = "dbt";
  for (const std::string& argument : arguments) command += " " + argument;
  return command;
}

Blanks BlanksAtStart(const std::vector<std::string>& arguments) {
  Blanks blanks;
  SetTimes(blanks);
  blanks.Set(Blank::kInvocationId, NewUuid());
  blanks.Set(Blank::kCommand, Repr(CommandText(arguments)));
  // Never a whole second: Python would leave the microseconds out.
  const int64_t now = Now() | 1024;
  blanks.Set(Blank::kGeneratedAt, TimeText(now, "%Y-%m-%dT%H:%M:%S", true) + "Z");
  return blanks;
}

// Sets the blanks that only lines of JSON have.
void SetJsonBlanks(Blanks& blanks, const std::vector<std::string>& arguments,
                   std::string_view indirect_selection) {
  const std::string command = CommandText(arguments);
  blanks.Set(Blank::kCommandText, JsonText(command));
  blanks.Set(Blank::kCommandRepr, JsonText(Repr(command)));
  blanks.Set(Blank::kIndirectName, JsonText(indirect_selection));
  blanks.Set(Blank::kProcessId, std::to_string(::getpid()));
}

// Sets the resources used so far.
void SetReport(Blanks& blanks, Clock::time_point start) {
  SetTimes(blanks);
  const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  blanks.Set(Blank::kElapsed, Decimal(elapsed, 2));
  blanks.Set(Blank::kWallClock, Decimal(elapsed, 6));
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  blanks.Set(Blank::kUserTime, Decimal(Seconds(usage.ru_utime), 6));
  blanks.Set(Blank::kKernelTime, Decimal(Seconds(usage.ru_stime), 6));
  blanks.Set(Blank::kMemory, std::to_string(usage.ru_maxrss));
  blanks.Set(Blank::kBlocksIn, std::to_string(usage.ru_inblock));
  blanks.Set(Blank::kBlocksOut, std::to_string(usage.ru_oublock));
}

// A file that is opened for writing while dbt can still take over, and written to when everything
// is known.
class Target {
 public:
  Target(const std::string& path, int flags) : path_(path), descriptor_(OpenToWrite(path, flags)) {}

  void Write(std::string_view text) const { WriteAll(descriptor_.get(), text, path_); }

  // Makes the text all that the file has.
  void Replace(std::string_view text) const {
    Write(text);
    if (::ftruncate(descriptor_.get(), static_cast<off_t>(text.size())) != 0) {
      throw IoError("cannot write", path_, errno);
    }
  }

 private:
  std::string path_;
  Descriptor descriptor_;
};

// Appends the text of a file from a byte on.
void AppendFrom(const std::string& path, size_t begin, std::string& text) {
  const auto contents = ReadFiles({&path, 1}, std::numeric_limits<size_t>::max(), 1);
  if (!contents[0] || contents[0]->size() < begin) throw NotServed(path + " cannot be read");
  text.append(*contents[0], begin, std::string::npos);
}

size_t SizeOf(const std::vector<std::string>& texts) {
  return std::accumulate(texts.begin(), texts.end(), size_t{0},
                         [](size_t size, const std::string& text) { return size + text.size(); });
}

// The records for one of dbt's loggers, in order.
class Records {
 public:
  void Append(const std::vector<std::string>& records, const Blanks& blanks) {
    for (const std::string& record : records) {
      blanks.Fill(record, text_);
      ends_.push_back(text_.size());
    }
  }
  // A record for each text, which takes the place of kLine in the template.
  void Append(const std::vector<std::string>& texts, const std::string& record,
              const Blanks& blanks, bool is_json) {
    if (texts.empty()) return;
    const std::vector<std::string> pieces = PiecesAround(record, blanks);
    for (const std::string& text : texts) {
      const std::string escaped = is_json ? JsonText(text) : std::string();
      for (size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0) text_.Append(is_json ? escaped : text);
        text_.Append(pieces[i]);
      }
      ends_.push_back(text_.size());
    }
  }

  // The default selector, the parts that match nothing, and the list, in dbt's order.
  void Append(const Listing& listing, const Sink& sink, const Blanks& blanks) {
    if (listing.uses_default_selector && sink.default_selector) {
      Append({*sink.default_selector}, blanks);
    }
    if (sink.unmatched) Append(listing.unmatched, *sink.unmatched, blanks, sink.is_json);
    if (listing.is_nothing && sink.nothing) Append({*sink.nothing}, blanks);
    Append(listing.lines, sink.line, blanks, sink.is_json);
  }

  std::string_view text() const { return text_.text(); }
  std::span<const size_t> ends() const { return ends_; }
  size_t longest() const {
    size_t longest = 0;
    size_t begin = 0;
    for (const size_t end : ends_) longest = std::max(longest, end - std::exchange(begin, end));
    return longest;
  }

 private:
  // The record, filled, without the blanks kLine.
  static std::vector<std::string> PiecesAround(const std::string& record, const Blanks& blanks) {
    std::vector<std::string> pieces;
    ForEachPart(record, static_cast<char>(Blank::kLine),
                [&](std::string_view piece) { pieces.push_back(blanks.Filled(piece)); });
    return pieces;
  }

  BulkText text_;
  std::vector<size_t> ends_;
};

class Command {
 public:
  Command(const std::vector<std::string>& arguments, Clock::time_point start,
          std::vector<std::string> secrets)
      : arguments_(arguments),
        start_(start),
        secrets_(std::move(secrets)),
        blanks_(BlanksAtStart(arguments)) {}

  // Fills the blanks of an artifact's beginning.
  std::string FilledBeginning(const std::string& text) {
    SetReport(blanks_, start_);
    return blanks_.Filled(text);
  }

  // Serves the command. `is_imported`: this command has compared all files. Throws NotServed,
  // FormatError, IoError.
  void Serve(const CommandLine& line, const Places& places, const Transcript& transcript,
             bool is_imported) {
    std::optional<Listing> listing = Listing();
    // With --state, files that are dependencies are read here, and must be the recorded ones
    // afterwards.
    const auto when = transcript.state ? std::launch::deferred : std::launch::async;
    auto changed_file = std::async(when, [&]() -> std::optional<std::string> {
      if (is_imported && !transcript.state) return std::nullopt;
      return ChangedFile(transcript.dependencies);
    });
    const auto options = OptionsOf(line, transcript);
    if (!options) throw NotServed("dbt would refuse these options");
    blanks_.Set(Blank::kIndirect, Repr(*options->indirect_selection));
    const auto& sinks = transcript.sinks;
    if (std::any_of(sinks.begin(), sinks.end(), [](const Sink& sink) { return sink.is_json; })) {
      SetJsonBlanks(blanks_, arguments_, *options->indirect_selection);
    }
    if (line.lists()) listing = ListLines(*options, transcript, places);
    if (!listing) {
      throw NotServed("dbt would warn about this selection, or a field is in no artifact");
    }
    if (const auto changed = changed_file.get()) throw Stale(*changed);

    const CacheLock lock(places.cache_directory);
    const ArtifactRecord record(Beside(transcript.entry, "artifacts"));
    if (record.generation() != transcript.generation) throw Stale("dbt has parsed again");
    for (const Output& output : transcript.outputs) {
      if (!record.Shows(output)) throw Stale(output.path + " has changed");
    }
    Say(transcript, *listing, [&] { Renew(transcript, record); });
    CountAnswer(places.cache_directory);
  }

 private:
  // Calls `renew`, which may still throw, before the first byte is printed.
  template <typename Renewal>
  void Say(const Transcript& transcript, const Listing& listing, const Renewal& renew) {
    std::vector<Records> said(transcript.sinks.size());
    std::vector<std::pair<RotatingLog, const Records*>> logs;
    const Records* printed = nullptr;
    for (size_t i = 0; i < said.size(); ++i) {
      const Sink& sink = transcript.sinks[i];
      said[i].Append(sink.before, blanks_);
      said[i].Append(listing, sink, blanks_);
      if (sink.path.empty()) {
        printed = &said[i];
        continue;
      }
      logs.emplace_back(RotatingLog(sink.path, sink.max_bytes), &said[i]);
      const size_t to_come = SizeOf(sink.after) + kRoomForBlanks;
      if (!logs.back().first.HasRoomFor(said[i].text().size() + to_come,
                                        std::max(said[i].longest(), to_come))) {
        throw NotServed(sink.path + ": the file is full, and dbt has to begin another");
      }
    }
    const auto say_the_rest = [&] {
      SetReport(blanks_, start_);
      for (size_t i = 0; i < said.size(); ++i) said[i].Append(transcript.sinks[i].after, blanks_);
    };
    if (secrets_.empty()) {
      renew();
      say_the_rest();
    } else {  // all of the text must be known while dbt can still take over
      say_the_rest();
      for (const Records& records : said) RequireNoSecret(records.text());
      renew();
    }
    for (auto& [log, records] : logs) log.Write(records->text(), records->ends());
    if (printed != nullptr) WriteAll(STDOUT_FILENO, printed->text(), "standard output");
  }

  void RequireNoSecret(std::string_view text) const {
    for (const std::string& secret : secrets_) {
      if (text.find(secret) != std::string_view::npos) {
        throw NotServed("the output has the value of a secret, which dbt takes out");
      }
    }
  }

  // Everything is read and opened before the first byte is written.
  void Renew(const Transcript& transcript, const ArtifactRecord& record) {
    SetReport(blanks_, start_);
    std::vector<std::pair<Target, std::string>> beginnings;
    std::vector<std::pair<Target, std::string>> whole;
    std::map<std::string, Renewed> renewed;
    for (const Output& output : transcript.outputs) {
      if (output.beginning.empty()) continue;
      std::string text = blanks_.Filled(output.beginning);
      renewed[output.path].beginning_size = text.size();
      const uint64_t old_size = record.BeginningSize(output);
      // A parse and a warm start write the same time in different forms (cache/entry.py).
      const bool is_whole = text.size() != old_size;
      if (is_whole) AppendFrom(output.path, old_size, text);
      (is_whole ? whole : beginnings).emplace_back(Target(output.path, 0), std::move(text));
    }
    for (const auto& [target, text] : beginnings) target.Write(text);
    for (const auto& [target, text] : whole) target.Replace(text);
    for (const auto& [path, text] : transcript.written) {
      Target(path, O_CREAT | O_TRUNC).Write(blanks_.Filled(text));
    }
    for (auto& [path, file] : renewed) file.snapshot = TakeSnapshotOfNew(path);
    if (!renewed.empty()) record.Renew(renewed);
    ::utimensat(AT_FDCWD, transcript.entry.c_str(), nullptr, 0);  // it was used: front/cache.h
  }

  static constexpr size_t kRoomForBlanks = 4096;

  const std::vector<std::string>& arguments_;
  Clock::time_point start_;
  std::vector<std::string> secrets_;
  Blanks blanks_;
};

// The values that dbt takes out of its output (dbt_common/constants.py, SECRET_ENV_PREFIX;
// dbt_common/exceptions/base.py, env_secrets). dbt leaves out values of white space alone.
std::vector<std::string> SecretsOf(const Environment& environment) {
  std::vector<std::string> secrets;
  for (auto each = environment.lower_bound(std::string(kSecretPrefix));
       each != environment.end() && each->first.starts_with(kSecretPrefix); ++each) {
    if (each->second.find_first_not_of(" \t\r\n") != std::string::npos) {
      secrets.push_back(each->second);
    }
  }
  return secrets;
}

bool IsAbsent(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

std::optional<std::string> Repeat(const std::string& path) {
  if (IsAbsent(path)) return "this text has not been recorded yet";
  try {
    const auto text = ReadAnswer(path);
    if (!text) return "packages or the environment have changed, or a day has passed";
    WriteAll(STDOUT_FILENO, *text, "standard output");
    return std::nullopt;
  } catch (const Error& error) {
    return error.message();
  }
}

// Serves a command from its transcript at `path`. Throws Stale, NotServed, FormatError, IoError.
void ServeRecorded(Command& command, const CommandLine& line, const Places& places,
                   const std::string& path, const Environment& environment, bool is_imported) {
  if (IsAbsent(path)) {
    throw Stale("no such command has been recorded in this project yet");
  }
  const Transcript transcript = ReadTranscript(path);
  if (transcript.until_ns != 0 && transcript.until_ns <= Now())
    throw NotServed("a model is deprecated now");
  if (const auto changed = ChangedValue(transcript.dependencies, environment)) {
    throw Stale(*changed);
  }
  command.Serve(line, places, transcript, is_imported);
}

// Imports a transcript that was recorded in another place, or before the files got new times.
// Returns the reason why none holds here.
std::optional<std::string> Import(Command& command, const CommandLine& line, const Places& places,
                                  const std::string& program_directory, const std::string& path,
                                  const Environment& environment) {
  const portable::Roots roots = CommandRoots(places, line, program_directory);
  const std::string key = PortableTranscriptKey(places, line, program_directory, roots);
  RequireTrustedDirectory(places.cache_directory);
  PortableCache cache(
      places.cache_directory, places.layers,
      ParseRoots(places.project_directory, places.target_directory, program_directory),
      environment);
  const CacheLock lock(places.cache_directory);
  const auto filled = [&](const std::string& text) { return command.FilledBeginning(text); };
  if (cache.ImportTranscript(key, roots, path, filled)) return std::nullopt;
  return cache.reason();
}

// Every import adds files to the cache, and dbt, which keeps its size, may not run for a long time.
void Trim(const std::string& directory) {
  try {
    TrimCache(directory, MostCacheBytes(), "");
  } catch (const Error&) {  // the command has been answered
  }
}

}  // namespace

bool Explains() {
  const char* value = std::getenv("FLATMANIFEST_EXPLAIN");
  const std::string_view text = value == nullptr ? "" : value;
  return !text.empty() && text != "0";
}

std::optional<std::string> Serve(const std::vector<std::string>& arguments,
                                 const std::string& program_directory) {
  const auto start = Clock::now();
  const Environment environment = CurrentEnvironment();
  const auto is_on = environment.find("FLATMANIFEST");
  if (is_on != environment.end() && is_on->second == "0") return "FLATMANIFEST=0";
  if (const auto path = AnswerPath(arguments, program_directory)) return Repeat(*path);
  const auto line = ParseCommandLine(arguments);
  if (!line) return "the front door does not know this command line";
  const auto places = FindPlaces(*line);
  if (!places) return "there is no project, or its target path is not a plain one";
  try {
    const std::string path = TranscriptPath(*places, *line, program_directory);
    Command command(arguments, start, SecretsOf(environment));
    const auto serve = [&](bool is_imported) {
      ServeRecorded(command, *line, *places, path, environment, is_imported);
    };
    try {
      serve(false);
    } catch (const Stale& stale) {
      if (const auto why = Import(command, *line, *places, program_directory, path, environment)) {
        return stale.message() +
               (why->empty() ? "" : ", and a portable one does not hold: " + *why);
      }
      serve(true);
      Trim(places->cache_directory);
    }
    return std::nullopt;
  } catch (const Error& error) {
    // dbt will meet the same error, or does not need the file.
    return error.message();
  }
}

}  // namespace flatmanifest::front
