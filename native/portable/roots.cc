#include "portable/roots.h"

#include <algorithm>
#include <cctype>

namespace flatmanifest::portable {

namespace {

// Characters of names, as far as they tell whether a name goes on.
bool IsOfName(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return std::isalnum(byte) != 0 || byte == '_' || byte == '-' || byte >= 0x80;
}

// "." can end a sentence behind a path.
bool GoesOn(std::string_view text, size_t end) {
  if (end == text.size()) return false;
  if (text[end] != '.') return IsOfName(text[end]);
  return end + 1 < text.size() && IsOfName(text[end + 1]);
}

bool IsInside(std::string_view text, size_t begin) {
  if (begin == 0) return false;
  return IsOfName(text[begin - 1]) || text[begin - 1] == '.';
}

std::string Mark(char letter) { return {kRootMark, letter}; }

}  // namespace

void Roots::Add(char letter, const std::string& directory) {
  std::string path = directory;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  if (!path.starts_with('/') || path == "/") return;
  paths_.try_emplace(letter, path);
  const bool is_known = std::any_of(roots_.begin(), roots_.end(),
                                    [&](const auto& root) { return root.first == path; });
  if (is_known) return;
  roots_.emplace_back(std::move(path), letter);
  std::stable_sort(roots_.begin(), roots_.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

void Roots::AddRelative(char letter, const std::string& path) {
  if (path.starts_with('/') || path.find('/') == std::string::npos) return;
  paths_.try_emplace(letter, path);
  relative_.emplace_back(path, letter);
}

std::string Roots::Relative(std::string_view path) const {
  for (const auto* roots : {&roots_, &relative_}) {
    for (const auto& [root, letter] : *roots) {
      if (!path.starts_with(root)) continue;
      const std::string_view rest = path.substr(root.size());
      if (rest.empty() || rest.front() == '/') return Mark(letter).append(rest);
    }
  }
  return std::string(path);
}

void Roots::AppendRelative(std::string_view text, std::string& marked) const {
  for (size_t at = 0; at < text.size();) {
    const auto* found = RelativeAt(text, at);
    if (found == nullptr) {
      marked += text[at++];
    } else {
      marked += Mark(found->second);
      at += found->first.size();
    }
  }
}

const std::pair<std::string, char>* Roots::RelativeAt(std::string_view text, size_t begin) const {
  for (const auto& root : relative_) {
    const bool is_there = text.substr(begin).starts_with(root.first) && !IsInside(text, begin) &&
                          !GoesOn(text.substr(begin), root.first.size());
    if (is_there && (begin == 0 || text[begin - 1] != '/')) return &root;
  }
  return nullptr;
}

const std::pair<std::string, char>* Roots::RootAt(std::string_view text, size_t begin) const {
  if (text[begin] != '/' || IsInside(text, begin)) return nullptr;
  const std::string_view rest = text.substr(begin);
  for (const auto& root : roots_) {
    if (rest.starts_with(root.first) && !GoesOn(rest, root.first.size())) return &root;
  }
  return nullptr;
}

std::string Roots::RelativeText(std::string_view text) const {
  std::string relative;
  size_t copied = 0;
  for (size_t at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1)) {
    const auto* root = at < copied ? nullptr : RootAt(text, at);
    if (root == nullptr) continue;
    AppendRelative(text.substr(copied, at - copied), relative);
    relative.append(Mark(root->second));
    copied = at + root->first.size();
  }
  AppendRelative(text.substr(copied), relative);
  return relative;
}

bool Roots::OccursIn(std::string_view text, std::string_view letters) const {
  for (size_t at = text.find('/'); at != std::string_view::npos; at = text.find('/', at + 1)) {
    const auto* root = RootAt(text, at);
    if (root != nullptr && letters.find(root->second) != std::string_view::npos) return true;
  }
  for (size_t at = 0; !relative_.empty() && at < text.size(); ++at) {
    const auto* root = RelativeAt(text, at);
    if (root != nullptr && letters.find(root->second) != std::string_view::npos) return true;
  }
  return false;
}

std::optional<std::string> Roots::Bound(std::string_view text) const {
  std::string bound;
  size_t copied = 0;
  for (size_t at = text.find(kRootMark); at != std::string_view::npos;
       at = text.find(kRootMark, at + 1)) {
    const std::string path = at + 1 < text.size() ? Path(text[at + 1]) : std::string();
    if (path.empty()) return std::nullopt;
    bound.append(text.substr(copied, at - copied)).append(path);
    copied = at + 2;
  }
  return bound.append(text.substr(copied));
}

std::vector<std::string> Roots::Paths(std::string_view letters) const {
  std::vector<std::string> paths;
  for (const auto& [path, letter] : roots_) {
    if (letters.find(letter) != std::string_view::npos) paths.push_back(path);
  }
  return paths;
}

std::string Roots::Path(char letter) const {
  const auto found = paths_.find(letter);
  return found == paths_.end() ? "" : found->second;
}

bool Roots::AreWrittenPlainly(bool in_json) const {
  const auto is_plain = [in_json](unsigned char each) {
    const bool is_ascii = each < 0x80;
    return each >= 0x20 && each != 0x7f && each != '\'' && each != '\\' &&
           (!in_json || (is_ascii && each != '"'));
  };
  return std::ranges::all_of(
      paths_, [&](const auto& each) { return std::ranges::all_of(each.second, is_plain); });
}

bool Roots::IsAbove(std::string_view path) const {
  return std::any_of(roots_.begin(), roots_.end(), [&](const auto& root) {
    return root.first == path || (root.first.starts_with(path) && root.first[path.size()] == '/');
  });
}

}  // namespace flatmanifest::portable
