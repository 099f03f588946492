// The directories that paths are relative to, so that what was recorded in one place serves in
// another.
//
// A portable text has, instead of a root's path, a mark: kRootMark and the root's letter. It is
// bound in another place by putting the root's path there.

#ifndef FLATMANIFEST_PORTABLE_ROOTS_H_
#define FLATMANIFEST_PORTABLE_ROOTS_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flatmanifest::portable {

// A control character that neither JSON nor dbt's output has unescaped.
inline constexpr char kRootMark = '\x1a';

// Letters of roots.
inline constexpr char kProject = 'P';
inline constexpr char kWorking = 'W';         // the working directory
inline constexpr char kProfiles = 'F';        // --profiles-dir
inline constexpr char kTarget = 'T';          // --target-path
inline constexpr char kLog = 'L';             // --log-path
inline constexpr char kPrefix = 'S';          // Python's sys.prefix
inline constexpr char kBase = 'B';            // Python's sys.base_prefix
inline constexpr char kHome = 'H';            // the user's home directory
inline constexpr char kRelativeTarget = 'V';  // --target-path as it was given, if it is relative
inline constexpr char kUser = 'U';  // no directory: the user's id in dbt's usage statistics

class Roots {
 public:
  // Names a directory, an absolute path. Among several directories of one letter, as by links, the
  // first is where marks lead. A directory with several letters is marked with the first of them.
  // "/" gets none.
  void Add(char letter, const std::string& directory);

  // Names a relative path, which is marked like a root where it is written as it is here. One
  // without a slash is an ordinary word, and is not marked.
  void AddRelative(char letter, const std::string& path);

  // Gives a letter a text that only Bound knows.
  void SetText(char letter, std::string text) { paths_[letter] = std::move(text); }

  // The portable form of a path: the longest root that it is, or is below, becomes a mark. Any
  // other text stays.
  std::string Relative(std::string_view path) const;

  // The portable form of a text in which paths occur anywhere. A root's path counts if neither the
  // character before nor the one behind it can belong to a name.
  std::string RelativeText(std::string_view text) const;

  // Whether a root of one of `letters` occurs in a text, as RelativeText finds it.
  bool OccursIn(std::string_view text, std::string_view letters) const;

  // The text here; nothing if it has the mark of a root that is unknown here.
  std::optional<std::string> Bound(std::string_view text) const;

  // All directories with one of these letters.
  std::vector<std::string> Paths(std::string_view letters) const;

  // The path of a root, "" if it is unknown.
  std::string Path(char letter) const;

  // Whether each directory is written in Python's repr as it is, between single quotes, and, with
  // `in_json`, in the JSON of json.dumps, too. A text with another one would have to be escaped.
  bool AreWrittenPlainly(bool in_json) const;

  // Whether a path is a root, or a directory above one.
  bool IsAbove(std::string_view path) const;

 private:
  // The root that begins at a byte of a text; nothing if there is none.
  const std::pair<std::string, char>* RootAt(std::string_view text, size_t begin) const;

  // The same for the relative paths.
  const std::pair<std::string, char>* RelativeAt(std::string_view text, size_t begin) const;

  // Appends a text with marks for relative paths.
  void AppendRelative(std::string_view text, std::string& marked) const;

  std::vector<std::pair<std::string, char>> roots_;  // the longest first
  std::vector<std::pair<std::string, char>> relative_;
  std::map<char, std::string> paths_;
};

// Whether a text has a mark.
inline bool IsMarked(std::string_view text) {
  return text.find(kRootMark) != std::string_view::npos;
}

}  // namespace flatmanifest::portable

#endif  // FLATMANIFEST_PORTABLE_ROOTS_H_
