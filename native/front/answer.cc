#include "front/answer.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "front/cache_fields.h"
#include "front/cache_version.h"
#include "front/dependencies.h"
#include "front/environment.h"
#include "front/places.h"

namespace flatmanifest::front {

namespace {

constexpr std::string_view kQuestions[] = {"--help", "-h", "--version", "-V", "-v"};

std::string TerminalWidth() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0) return "none";
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? std::to_string(size.ws_col) : "unknown";
}

std::string UserCache(const Environment& environment) {
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  const std::string chosen = CacheDirectories(value("FLATMANIFEST_CACHE_DIR")).front();
  if (chosen.starts_with('/')) return chosen;
  const std::string cache = value("XDG_CACHE_HOME");
  if (cache.starts_with('/')) return cache + "/flatmanifest";
  const std::string home = value("HOME");
  return home.empty() ? "" : home + "/.cache/flatmanifest";
}

}  // namespace

std::optional<std::string> AnswerPath(const std::vector<std::string>& arguments,
                                      const std::string& program_directory) {
  const bool asks = std::any_of(arguments.begin(), arguments.end(), [](const std::string& word) {
    return std::find(std::begin(kQuestions), std::end(kQuestions), word) != std::end(kQuestions);
  });
  const Environment environment = CurrentEnvironment();
  const std::string directory = UserCache(environment);
  if (!asks || directory.empty()) return std::nullopt;
  std::vector<std::string> parts = {FLATMANIFEST_VERSION, kCacheVersion, program_directory,
                                    TerminalWidth()};
  parts.insert(parts.end(), arguments.begin(), arguments.end());
  return directory + "/" + DigestOf(parts) + ".answer.fman";
}

std::optional<std::string> ReadAnswer(const std::string& path) {
  const auto file = OpenChecked(path);
  const Fields fields(file->document());
  const int64_t until = fields.Integer("until");
  if (until != 0 && until <= std::time(nullptr)) return std::nullopt;
  const Dependencies dependencies = ReadDependencies(fields.Object("dependencies"));
  if (ChangedDependency(dependencies, CurrentEnvironment())) return std::nullopt;
  return fields.Text("text");
}

}  // namespace flatmanifest::front
