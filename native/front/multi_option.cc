#include "front/multi_option.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace flatmanifest::front {

namespace {

constexpr char kMark = '\x01';

bool IsLong(std::string_view name) { return name.starts_with("--"); }

// An argument that names an option.
struct Option {
  std::string_view name;
  std::optional<std::string_view> attached;  // "--select=VALUE", "-sVALUE"
};

std::optional<Option> FindOption(std::string_view argument,
                                 std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    if (argument == name) return Option{name, std::nullopt};
    if (!argument.starts_with(name)) continue;
    const std::string_view rest = argument.substr(name.size());
    if (!IsLong(name)) return Option{name, rest};
    if (rest.front() == '=') return Option{name, rest.substr(1)};
  }
  return std::nullopt;
}

void AppendSplit(std::string_view value, std::vector<std::string>& out) {
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find(' ', begin), value.size());
    out.push_back(kMark + std::string(value.substr(begin, end - begin)));
    begin = end + 1;
  }
}

}  // namespace

std::vector<std::string> MarkValues(std::span<const std::string> arguments,
                                    std::span<const std::string_view> names) {
  std::vector<std::string> marked;
  for (size_t i = 0; i < arguments.size();) {
    if (arguments[i] == "--") {  // what follows are no options
      marked.insert(marked.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i),
                    arguments.end());
      break;
    }
    const auto option = FindOption(arguments[i], names);
    if (!option) {
      marked.push_back(arguments[i++]);
      continue;
    }
    marked.emplace_back(option->name);
    ++i;
    if (option->attached) {
      AppendSplit(*option->attached, marked);
    } else if (i < arguments.size()) {
      AppendSplit(arguments[i++], marked);
    }
    for (; i < arguments.size() && !arguments[i].starts_with('-'); ++i) {
      marked.push_back(kMark + arguments[i]);
    }
  }
  return marked;
}

std::string ValueOf(std::string argument) {
  if (argument.starts_with(kMark)) argument.erase(0, 1);
  return argument;
}

}  // namespace flatmanifest::front
