// Wildcards of Python's fnmatch on POSIX: "*", "?", "[seq]", "[!seq]"; case-sensitive.
//
// Follows CPython's Lib/fnmatch.py, translate(): an unclosed bracket is literal, backward ranges
// are empty, and "*" crosses dots, slashes and line ends.

#ifndef FLATMANIFEST_SELECT_GLOB_H_
#define FLATMANIFEST_SELECT_GLOB_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flatmanifest {

// A compiled pattern. Matching takes time linear in the text for patterns with at most one "*", at
// worst proportional to text times pattern.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  // fnmatch.fnmatch(text, pattern).
  bool Matches(std::string_view text) const;

  // Whether the pattern matches only its own text.
  bool is_literal() const { return is_literal_; }

  // Whether the text has any of "*?[]". dbt tests this before it treats a name as a pattern.
  static bool HasWildcard(std::string_view text) {
    return text.find_first_of("*?[]") != std::string_view::npos;
  }

 private:
  enum class Kind : uint8_t { kStar, kAny, kLiteral, kSet, kNever };
  struct Range {
    char32_t first;
    char32_t last;
  };
  struct Token {
    Kind kind;
    bool negated = false;
    char32_t literal = 0;
    std::vector<Range> ranges;
  };

  static Token SetToken(std::u32string_view content);
  static bool MatchesOne(const Token& token, char32_t c);

  std::string pattern_;
  std::vector<Token> tokens_;
  bool is_literal_ = true;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_GLOB_H_
