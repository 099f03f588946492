#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "front/cache.h"
#include "front/history.h"
#include "front/places.h"
#include "store/clock.h"

namespace flatmanifest::cli {

namespace {

struct CacheOptions {
  std::string project_dir;
  std::string target_path;
  bool json = false;
};

std::string DirectoryOf(const CacheOptions& options) {
  front::CommandLine line;
  if (!options.project_dir.empty()) line.settings["--project-dir"] = options.project_dir;
  if (!options.target_path.empty()) line.settings["--target-path"] = options.target_path;
  const auto places = front::FindPlaces(line);
  if (!places) {
    throw CommandError(
        "there is no dbt_project.yml here or above, or its target-path is not a plain one: give "
        "--project-dir, --target-path");
  }
  return places->cache_directory;
}

std::string Age(int64_t time_ns) {
  const int64_t seconds = std::max<int64_t>(0, std::time(nullptr) - time_ns / kNsPerSecond);
  constexpr std::pair<int64_t, const char*> kUnits[] = {
      {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  for (const auto& [length, name] : kUnits) {
    const int64_t count = seconds / length;
    if (count > 0) return std::to_string(count) + " " + name + (count > 1 ? "s" : "") + " ago";
  }
  return "just now";
}

std::string ForPeople(const std::string& directory, const front::CacheContents& contents) {
  std::string text = directory + ": ";
  if (contents.bytes == 0) return text + "empty\n";
  text += Megabytes(contents.bytes) + ", " + std::to_string(contents.transcript_count) +
          " recorded commands\n";
  if (contents.portable_bytes > 0) {
    text += "for other directories and machines: " + Megabytes(contents.portable_bytes) + ", " +
            std::to_string(contents.portable_entry_count) + " parses, " +
            std::to_string(contents.portable_transcript_count) + " recorded commands\n";
  }
  for (const front::CacheEntry& entry : contents.entries) {
    text += "\n" + entry.key + "  " + (entry.stale_because.empty() ? "fresh" : "stale") + "\n";
    for (const auto& [name, value] : entry.words) {
      if (!value.empty()) text += "  " + name + std::string(12 - name.size(), ' ') + value + "\n";
    }
    text += "  size        " + Megabytes(entry.bytes) + ", " +
            Grouped(static_cast<uint64_t>(entry.resource_count)) + " resources\n";
    text += "  published   " + std::to_string(entry.generation) + " times, last used " +
            Age(entry.used_ns) + "\n";
    for (const std::string& reason : entry.stale_because) text += "  stale       " + reason + "\n";
  }
  return text;
}

// The runs of dbt, those with the same reason as one, the latest first.
std::string ForPeople(const front::History& history) {
  if (history.native_count + history.dbt_count == 0) return "";
  std::string text = "\nanswered natively: " + Grouped(history.native_count) +
                     ", run by dbt: " + Grouped(history.dbt_count) + "\n";
  if (history.runs.empty()) return text;
  text += "why dbt ran, in the last " + std::to_string(history.runs.size()) + " runs:\n";
  struct Reason {
    std::string text;
    size_t count;
    int64_t time_s;
  };
  std::vector<Reason> reasons;
  for (const front::RunOfDbt& run : history.runs) {
    std::string line = run.command + ": " + run.because;
    if (!run.not_recorded.empty()) line += "; not recorded: " + run.not_recorded;
    const auto known = std::ranges::find(reasons, line, &Reason::text);
    if (known != reasons.end()) {
      ++known->count;
    } else {
      reasons.push_back({std::move(line), 1, run.time_s});
    }
  }
  for (const Reason& reason : reasons) {
    text += "  " + std::to_string(reason.count) + "x  " + reason.text + " (" +
            Age(reason.time_s * kNsPerSecond) + ")\n";
  }
  return text;
}

nlohmann::ordered_json ToJson(const front::History& history) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const front::RunOfDbt& run : history.runs) {
    runs.push_back({{"time", run.time_s},
                    {"command", run.command},
                    {"because", run.because},
                    {"not_recorded", run.not_recorded}});
  }
  return {{"native", history.native_count}, {"dbt", history.dbt_count}, {"runs", runs}};
}

nlohmann::ordered_json ToJson(const std::string& directory, const front::CacheContents& contents,
                              const front::History& history) {
  nlohmann::ordered_json entries = nlohmann::ordered_json::array();
  for (const front::CacheEntry& entry : contents.entries) {
    entries.push_back(
        {{"key", entry.key},
         {"words", std::map<std::string, std::string>(entry.words.begin(), entry.words.end())},
         {"bytes", entry.bytes},
         {"resources", entry.resource_count},
         {"generation", entry.generation},
         {"used", entry.used_ns / kNsPerSecond},
         {"fresh", entry.stale_because.empty()},
         {"stale_because", entry.stale_because}});
  }
  return {{"directory", directory},
          {"bytes", contents.bytes},
          {"transcripts", contents.transcript_count},
          {"portable",
           {{"bytes", contents.portable_bytes},
            {"entries", contents.portable_entry_count},
            {"transcripts", contents.portable_transcript_count}}},
          {"entries", entries},
          {"answers", ToJson(history)}};
}

// A path may have bytes that are no UTF-8.
std::string Dumped(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void AddPlaces(CLI::App& command, CacheOptions& options) {
  command.add_option("--project-dir", options.project_dir,
                     "The project (default: here, or the nearest above)");
  command.add_option("--target-path", options.target_path,
                     "Its target directory (default: as dbt_project.yml has it)");
}

}  // namespace

void AddCache(CLI::App& app) {
  auto options = std::make_shared<CacheOptions>();
  CLI::App* cache = app.add_subcommand("cache", "The warm entries of a project");
  cache->require_subcommand(1);

  CLI::App* status = cache->add_subcommand(
      "status", "Entries, sizes, ages, what made each stale; answers, and why dbt ran");
  AddPlaces(*status, *options);
  status->add_flag("--json", options->json, "Print JSON");
  status->callback([options] {
    const std::string directory = DirectoryOf(*options);
    const front::CacheContents contents = front::ReadCache(directory);
    const front::History history = front::ReadHistory(directory);
    Print(options->json ? Dumped(ToJson(directory, contents, history))
                        : ForPeople(directory, contents) + ForPeople(history));
  });

  CLI::App* clear =
      cache->add_subcommand("clear", "Remove all of it: dbt starts from its own files");
  AddPlaces(*clear, *options);
  clear->callback([options] {
    const std::string directory = DirectoryOf(*options);
    const uint64_t count = front::ClearCache(directory);
    Print(std::to_string(count) + (count == 1 ? " file" : " files") + " removed from " + directory +
          "\n");
  });

  // For --help: RunIfOfPython runs them.
  cache->add_subcommand("push", "Send portable entries to a URL, for other machines");
  cache->add_subcommand("pull", "Take portable entries from a URL");
}

}  // namespace flatmanifest::cli
