#include "select/criteria.h"

#include <algorithm>
#include <iterator>

#include "select/python_text.h"

namespace flatmanifest {

namespace {

constexpr std::string_view kMethodNames[] = {
    "fqn",     "tag",    "group",         "access",    "source",         "path",        "file",
    "package", "config", "test_name",     "test_type", "resource_type",  "state",       "exposure",
    "metric",  "result", "source_status", "version",   "semantic_model", "saved_query", "unit_test",
    "selector"};

// CPython converts no longer sequence of digits (sys.int_info.default_max_str_digits).
constexpr size_t kMaxDigits = 4300;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

// The digits at the beginning of `text`.
std::string_view LeadingDigits(std::string_view text) {
  size_t end = 0;
  while (end < text.size()) {
    size_t next = end;
    if (DecimalDigit(NextCodePoint(text, next)) < 0) break;
    end = next;
  }
  return text.substr(0, end);
}

// The digits at the end of `text`.
std::string_view TrailingDigits(std::string_view text) {
  const size_t plus = text.rfind('+');
  const size_t begin = plus == std::string_view::npos ? 0 : plus + 1;
  const std::string_view tail = text.substr(begin);
  return LeadingDigits(tail).size() == tail.size() ? tail : std::string_view();
}

// The method at the beginning of `text`, "[\w.]+" and a colon; nothing if there is none.
std::optional<std::string_view> LeadingMethod(std::string_view text) {
  size_t end = 0;
  while (end < text.size()) {
    size_t next = end;
    const char32_t c = NextCodePoint(text, next);
    if (c != U'.' && !IsWordCharacter(c)) break;
    end = next;
  }
  if (end == 0 || end == text.size() || text[end] != ':') return std::nullopt;
  return text.substr(0, end);
}

}  // namespace

std::string_view MethodName(Method method) { return kMethodNames[static_cast<size_t>(method)]; }

void SetMethod(Criteria& criteria, std::string_view name, const Dialect& dialect) {
  const auto parts = Split(name, '.');
  const auto* found = std::find(std::begin(kMethodNames), std::end(kMethodNames), parts[0]);
  const bool is_known =
      found != std::end(kMethodNames) && (parts[0] != "selector" || dialect.has_selector_method);
  if (!is_known) {
    throw SelectionError("'" + std::string(parts[0]) + "' is not a valid method name");
  }
  criteria.method = static_cast<Method>(found - std::begin(kMethodNames));
  criteria.arguments.assign(parts.begin() + 1, parts.end());
}

Method DefaultMethod(std::string_view value) {
  if (value.find('/') != std::string_view::npos) return Method::kPath;
  const std::string lower = Lower(value);
  const bool is_file = lower.ends_with(".sql") || lower.ends_with(".py") || lower.ends_with(".csv");
  return is_file ? Method::kFile : Method::kFqn;
}

uint64_t ParseDepth(std::string_view text) {
  if (text.empty()) return kAnyDepth;
  uint64_t depth = 0;
  size_t digits = 0;
  for (size_t at = 0; at < text.size(); ++digits) {
    const auto digit = static_cast<uint64_t>(DecimalDigit(NextCodePoint(text, at)));
    // No graph is deeper than this.
    depth = depth > kAnyDepth / 16 ? kAnyDepth / 16 : depth * 10 + digit;
  }
  if (digits > kMaxDigits) {
    throw SelectionError("Invalid node spec - could not handle parent depth " + std::string(text));
  }
  return depth;
}

Criteria ParseCriteria(std::string_view raw, IndirectSelection indirect_selection,
                       const Dialect& dialect) {
  if (raw.find('\n') != std::string_view::npos) {
    throw SelectionError("Invalid selector spec \"" + std::string(raw) + "\"");
  }
  Criteria criteria;
  criteria.indirect_selection = indirect_selection;
  std::string_view rest = raw;
  if (rest.starts_with('@')) {
    criteria.childrens_parents = true;
    rest.remove_prefix(1);
  }
  std::string_view parents_depth = LeadingDigits(rest);
  if (rest.substr(parents_depth.size()).starts_with('+')) {
    criteria.parents = true;
    rest.remove_prefix(parents_depth.size() + 1);
  } else {
    parents_depth = {};
  }
  const auto method = LeadingMethod(rest);
  if (method) rest.remove_prefix(method->size() + 1);
  std::string_view children_depth = TrailingDigits(rest);
  const std::string_view before = rest.substr(0, rest.size() - children_depth.size());
  if (before.ends_with('+')) {
    criteria.children = true;
    rest = before.substr(0, before.size() - 1);
  } else {
    children_depth = {};
  }
  criteria.value = rest;
  if (method) {
    SetMethod(criteria, *method, dialect);
  } else {
    criteria.method = DefaultMethod(rest);
  }
  criteria.parents_depth = ParseDepth(parents_depth);
  criteria.children_depth = ParseDepth(children_depth);
  CheckOperators(criteria, raw);
  return criteria;
}

void CheckOperators(const Criteria& criteria, std::string_view raw) {
  if (criteria.children && criteria.childrens_parents) {
    throw SelectionError("Invalid node spec " + std::string(raw) +
                         R"( - "@" prefix and "+" suffix are incompatible)");
  }
}

}  // namespace flatmanifest
