// `flatmanifest resident status|stop`: the processes that have dbt loaded (docs/resident.md).

#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/output.h"
#include "resident/resident.h"

namespace flatmanifest::cli {

namespace {

using Facts = std::map<std::string, std::string>;

// Names and values of lines "name value".
Facts FactsOf(const std::string& lines) {
  Facts facts;
  std::istringstream stream(lines);
  for (std::string line; std::getline(stream, line);) {
    const size_t space = line.find(' ');
    if (space != std::string::npos) facts[line.substr(0, space)] = line.substr(space + 1);
  }
  return facts;
}

uint64_t Number(const Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
}

std::string Text(const Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "" : found->second;
}

std::string Span(uint64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  return std::to_string(seconds / 60) + " min";
}

std::string ForPeople(const Facts& facts) {
  constexpr uint64_t kKilobyte = 1024;
  const std::string adapters = Text(facts, "adapters");
  return "process " + Text(facts, "pid") + "  " + Text(facts, "python") + "\n" + "  age         " +
         Span(Number(facts, "age_s")) + ", ends after " + Span(Number(facts, "idle_s")) +
         " without a command\n" + "  memory      " +
         Megabytes(Number(facts, "memory_kb") * kKilobyte) + "\n" + "  commands    " +
         Text(facts, "commands") + " served, " + Text(facts, "running") + " running\n" +
         "  adapters    " + (adapters.empty() ? "none loaded" : adapters) + "\n";
}

nlohmann::ordered_json ToJson(const Facts& facts) {
  nlohmann::ordered_json json;
  for (const auto& [name, value] : facts) {
    const bool is_number = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
    if (is_number) {
      json[name] = Number(facts, name);
    } else {
      json[name] = value;
    }
  }
  return json;
}

}  // namespace

void AddResident(CLI::App& app) {
  CLI::App* resident =
      app.add_subcommand("resident", "The processes that have dbt loaded, for the next commands");
  resident->require_subcommand(1);

  auto as_json = std::make_shared<bool>(false);
  CLI::App* status = resident->add_subcommand("status", "Process, age, memory, commands served");
  status->add_flag("--json", *as_json, "Print JSON");
  status->callback([as_json] {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    std::string text;
    for (const std::string& lines : resident::DescribeTemplates()) {
      const Facts facts = FactsOf(lines);
      json.push_back(ToJson(facts));
      text += ForPeople(facts);
    }
    if (text.empty()) text = "no process has dbt loaded\n";
    constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
    Print(*as_json ? json.dump(-1, ' ', false, kReplace) + "\n" : text);
  });

  CLI::App* stop = resident->add_subcommand("stop", "End them; commands that run in them go on");
  stop->callback([] {
    const size_t count = resident::StopTemplates();
    Print(std::to_string(count) + (count == 1 ? " process" : " processes") + " asked to end\n");
  });
}

}  // namespace flatmanifest::cli
