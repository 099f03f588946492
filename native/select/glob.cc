#include "select/glob.h"

#include <algorithm>

#include "select/python_text.h"

namespace flatmanifest {

namespace {

std::u32string Decode(std::string_view text) {
  std::u32string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size();) decoded += NextCodePoint(text, at);
  return decoded;
}

// The position of the bracket that closes the one before `begin`; npos if there is none. A "]" at
// the beginning is part of the set.
size_t ClosingBracket(std::u32string_view pattern, size_t begin) {
  size_t at = begin;
  if (at < pattern.size() && pattern[at] == U'!') ++at;
  if (at < pattern.size() && pattern[at] == U']') ++at;
  return pattern.find(U']', at);
}

// The parts between hyphens that mean ranges. In fnmatch, a hyphen that is first, or directly
// behind the end of another range, means itself.
std::vector<std::u32string> Chunks(std::u32string_view content) {
  std::vector<std::u32string> chunks;
  size_t begin = 0;
  size_t search = !content.empty() && content[0] == U'!' ? 2 : 1;
  for (;;) {
    const size_t hyphen = content.find(U'-', search);
    if (hyphen == std::u32string_view::npos) break;
    chunks.emplace_back(content.substr(begin, hyphen - begin));
    begin = hyphen + 1;
    search = hyphen + 3;
  }
  if (begin < content.size()) {
    chunks.emplace_back(content.substr(begin));
  } else {
    chunks.back() += U'-';
  }
  // Backward ranges are empty.
  for (size_t i = chunks.size() - 1; i > 0; --i) {
    if (chunks[i - 1].back() > chunks[i].front()) {
      chunks[i - 1].pop_back();
      chunks[i - 1] += chunks[i].substr(1);
      chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return chunks;
}

}  // namespace

Glob::Token Glob::SetToken(std::u32string_view content) {
  std::vector<std::u32string> chunks;
  if (content.find(U'-') == std::u32string_view::npos) {
    chunks.emplace_back(content);
  } else {
    chunks = Chunks(content);
  }
  const bool is_empty = chunks.size() == 1 && chunks[0].empty();
  if (is_empty) return {.kind = Kind::kNever, .ranges = {}};
  if (chunks.size() == 1 && chunks[0] == U"!") return {.kind = Kind::kAny, .ranges = {}};
  Token token{.kind = Kind::kSet, .ranges = {}};
  if (chunks[0][0] == U'!') {
    token.negated = true;
    chunks[0].erase(0, 1);
  }
  // Reads the set as the regular expression that fnmatch makes of it: a hyphen between chunks means
  // a range, unless the character before it ends one.
  struct Item {
    char32_t c;
    bool joins;
  };
  std::vector<Item> items;
  for (size_t i = 0; i < chunks.size(); ++i) {
    if (i > 0) items.push_back({U'-', true});
    for (const char32_t c : chunks[i]) items.push_back({c, false});
  }
  for (size_t i = 0; i < items.size();) {
    const bool is_range = i + 2 < items.size() && items[i + 1].joins;
    token.ranges.push_back({items[i].c, items[is_range ? i + 2 : i].c});
    i += is_range ? 3 : 1;
  }
  return token;
}

Glob::Glob(std::string_view pattern) : pattern_(pattern) {
  const std::u32string decoded = Decode(pattern);
  bool may_close = true;  // until a bracket is found that does not: then no later one does
  for (size_t at = 0; at < decoded.size();) {
    const char32_t c = decoded[at++];
    if (c == U'*') {
      if (tokens_.empty() || tokens_.back().kind != Kind::kStar) {
        tokens_.push_back({.kind = Kind::kStar, .ranges = {}});
      }
    } else if (c == U'?') {
      tokens_.push_back({.kind = Kind::kAny, .ranges = {}});
    } else if (const size_t end =
                   c == U'[' && may_close ? ClosingBracket(decoded, at) : decoded.npos;
               end != decoded.npos) {
      tokens_.push_back(SetToken(std::u32string_view(decoded).substr(at, end - at)));
      at = end + 1;
    } else {
      if (c == U'[') may_close = false;
      tokens_.push_back({.kind = Kind::kLiteral, .literal = c, .ranges = {}});
      continue;
    }
    is_literal_ = false;
  }
}

bool Glob::MatchesOne(const Token& token, char32_t c) {
  switch (token.kind) {
    case Kind::kAny:
      return true;
    case Kind::kLiteral:
      return token.literal == c;
    case Kind::kSet:
      return token.negated !=
             std::any_of(token.ranges.begin(), token.ranges.end(),
                         [c](const Range& range) { return range.first <= c && c <= range.last; });
    default:
      return false;
  }
}

bool Glob::Matches(std::string_view text) const {
  if (is_literal_) return text == pattern_;
  // Greedy matching with backtracking to the last star only: an earlier star never has to give way
  // for a later one.
  size_t at = 0;
  size_t token = 0;
  size_t star = tokens_.size();
  size_t star_at = 0;
  while (at < text.size()) {
    if (token < tokens_.size() && tokens_[token].kind == Kind::kStar) {
      if (++token == tokens_.size()) return true;
      star = token - 1;
      star_at = at;
      continue;
    }
    size_t next = at;
    const char32_t c = NextCodePoint(text, next);
    if (token < tokens_.size() && MatchesOne(tokens_[token], c)) {
      ++token;
      at = next;
    } else if (star < tokens_.size()) {
      NextCodePoint(text, star_at);
      at = star_at;
      token = star + 1;
    } else {
      return false;
    }
  }
  while (token < tokens_.size() && tokens_[token].kind == Kind::kStar) ++token;
  return token == tokens_.size();
}

}  // namespace flatmanifest
