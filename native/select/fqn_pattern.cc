#include "select/fqn_pattern.h"

#include <algorithm>

#include "select/python_text.h"

namespace flatmanifest {

FqnPattern::FqnPattern(std::string_view pattern, bool finds_names)
    : pattern_(pattern), finds_names_(finds_names), parts_(Split(pattern, '.')) {
  while (literal_parts_ < parts_.size() && !Glob::HasWildcard(parts_[literal_parts_])) {
    ++literal_parts_;
  }
  if (literal_parts_ < parts_.size()) {
    const auto begin = static_cast<size_t>(parts_[literal_parts_].data() - pattern_.data());
    rest_.emplace(pattern_.substr(begin));
  }
  if (parts_.size() >= 2) versioned_ending_.append(parts_[parts_.size() - 2]).append("_");
  versioned_ending_.append(parts_.back());
}

bool FqnPattern::Matches(std::span<const std::string_view> fqn, bool is_versioned) {
  if (fqn.empty()) return false;
  if (pattern_ == "*") return true;  // dbt's default selects everything by it
  return MatchesScoped(fqn, is_versioned) || MatchesScoped(fqn.subspan(1), is_versioned);
}

// Whether the pattern is only the name.
bool FqnPattern::MatchesName(std::span<const std::string_view> fqn, bool is_versioned) const {
  if (!is_versioned) return fqn.back() == pattern_;
  if (fqn.size() < 2) return false;
  const std::string_view name = fqn[fqn.size() - 2];
  const std::string_view version = fqn.back();
  if (name == pattern_) return true;
  // Both name.v2 and name_v2.
  return versioned_ending_.size() == name.size() + 1 + version.size() &&
         versioned_ending_.starts_with(name) && versioned_ending_[name.size()] == '_' &&
         versioned_ending_.ends_with(version);
}

// Whether the name begins with the parts without wildcards. Looks at no more names than needed: the
// names of most resources are not in the processor's caches.
bool FqnPattern::BeginsLiterally(std::span<const std::string_view> fqn) const {
  auto name = fqn.begin();
  size_t begin = 0;  // of the piece within the name
  for (size_t i = 0; i < literal_parts_; ++i) {
    if (name == fqn.end()) return false;
    const std::string_view piece = name->substr(begin);
    if (!piece.starts_with(parts_[i])) return false;
    if (piece.size() == parts_[i].size()) {
      ++name;
      begin = 0;
    } else if (piece[parts_[i].size()] == '.') {
      begin += parts_[i].size() + 1;
    } else {
      return false;
    }
  }
  return true;
}

bool FqnPattern::MatchesScoped(std::span<const std::string_view> fqn, bool is_versioned) {
  if (fqn.empty()) return false;
  if (MatchesName(fqn, is_versioned)) return true;
  if (!BeginsLiterally(fqn)) return false;
  if (!rest_) return true;
  // A dot inside a name separates parts, like the end of a name.
  flat_.clear();
  for (const std::string_view part : fqn) {
    if (part.find('.') == std::string_view::npos) {
      flat_.push_back(part);
    } else {
      const auto pieces = Split(part, '.');
      flat_.insert(flat_.end(), pieces.begin(), pieces.end());
    }
  }
  if (flat_.size() < parts_.size()) return false;
  joined_.clear();
  for (size_t i = literal_parts_; i < flat_.size(); ++i) {
    if (i != literal_parts_) joined_ += '.';
    joined_ += flat_[i];
  }
  if (rest_->Matches(joined_)) return true;
  if (parts_.size() != 1 || !finds_names_) return false;
  // A pattern without a dot also selects by name, at any depth.
  if (is_versioned && fqn.size() < 2) return false;
  return rest_->Matches(is_versioned ? fqn[fqn.size() - 2] : fqn.back());
}

}  // namespace flatmanifest
