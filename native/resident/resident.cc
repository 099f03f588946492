#include "resident/resident.h"

#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "format/error.h"
#include "resident/offer.h"
#include "resident/place.h"
#include "resident/process_state.h"
#include "resident/relay.h"
#include "resident/request.h"

namespace flatmanifest::resident {

namespace {

constexpr std::string_view kStarted = "started ";
constexpr std::string_view kRefused = "refused ";
constexpr std::string_view kGo = "go\n";
constexpr int kUnknownEnd = 70;  // EX_SOFTWARE: a status that dbt never has

// Hands the command over, and returns the reason if it was not taken.
std::string HandOver(const Place& place, const std::string& name,
                     const std::vector<std::string>& arguments) {
  const Descriptor connection = Connect(place, name);
  if (connection.get() < 0) return "no process has dbt loaded yet";
  const ProcessState state = CurrentState();  // before signals are blocked
  const PassedSignals signals;
  SendCommand(connection.get(), arguments, state);
  Answers answers(connection.get());
  const std::optional<std::string> line = answers.NextLine();
  if (!line) return "the process that has dbt loaded has ended";
  if (line->starts_with(kRefused)) return line->substr(kRefused.size());
  Copy copy{.process = 0, .descriptor = answers.TakeDescriptor()};
  if (line->starts_with(kStarted)) {
    std::from_chars(line->data() + kStarted.size(), line->data() + line->size(), copy.process);
  }
  if (copy.process <= 0 || copy.descriptor.get() < 0) return "not understood: " + *line;
  // The copy waits for this word, so that no command runs twice.
  if (::send(connection.get(), kGo.data(), kGo.size(), MSG_NOSIGNAL) < 0) {
    return "the process that has dbt loaded has ended";
  }
  const std::optional<int> status = AwaitEnd(copy, answers, connection.get(), signals);
  if (!status) {
    std::fprintf(stderr,
                 "flatmanifest: process %d, which ran this command, and the process that had "
                 "started it were killed; the command has ended, with an unknown status\n",
                 static_cast<int>(copy.process));
    std::_Exit(kUnknownEnd);
  }
  EndWith(*status);
}

}  // namespace

NotRun Run(const std::string& python, const std::vector<std::string>& arguments) {
  NotRun not_run;
  try {
    const Offer offer = OfferFor(arguments);
    not_run.reason = offer.reason;
    if (!offer.is_wanted || !offer.reason.empty()) return not_run;
    const Place place = OpenPlace();
    const std::string name = SocketName(python);
    not_run.socket = place.path + '/' + name;
    not_run.reason = HandOver(place, name, arguments);
  } catch (const Error& error) {
    not_run.reason = error.what();
  }
  return not_run;
}

std::vector<std::string> DescribeTemplates() {
  const Place place = OpenPlace();
  std::vector<std::string> described;
  for (const std::string& name : SocketNames(place)) {
    const Descriptor connection = Connect(place, name);
    if (connection.get() < 0) continue;
    SendRequest(connection.get(), kStatus);
    Answers answers(connection.get());
    std::string text;
    while (const auto line = answers.NextLine()) text += *line + '\n';
    if (!text.empty()) described.push_back(std::move(text));
  }
  return described;
}

size_t StopTemplates() {
  const Place place = OpenPlace();
  size_t count = 0;
  for (const std::string& name : SocketNames(place)) {
    const Descriptor connection = Connect(place, name);
    if (connection.get() < 0) continue;
    SendRequest(connection.get(), kStop);
    Answers answers(connection.get());
    if (answers.NextLine()) ++count;
    while (answers.NextLine()) {
    }
  }
  return count;
}

}  // namespace flatmanifest::resident
