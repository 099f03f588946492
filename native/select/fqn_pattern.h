// The value of fqn:, the method of bare names: "orders", "shop.marts.*", "orders.v2".
//
// Follows dbt/graph/selector_methods.py, is_selected_node and QualifiedNameSelectorMethod.

#ifndef FLATMANIFEST_SELECT_FQN_PATTERN_H_
#define FLATMANIFEST_SELECT_FQN_PATTERN_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "select/glob.h"

namespace flatmanifest {

// Borrows the pattern's text. Not for several threads at once: matching uses internal scratch
// space.
class FqnPattern {
 public:
  // `finds_names`: Dialect::wildcards_find_names.
  FqnPattern(std::string_view pattern, bool finds_names);

  std::string_view text() const { return pattern_; }
  bool is_literal() const { return !rest_; }
  // The name and version of a versioned model, joined by "_", that the pattern selects if it means
  // both.
  std::string_view versioned_ending() const { return versioned_ending_; }

  // Whether the pattern selects the resource with this fully qualified name, with or without the
  // package.
  bool Matches(std::span<const std::string_view> fqn, bool is_versioned);

 private:
  bool MatchesScoped(std::span<const std::string_view> fqn, bool is_versioned);
  bool MatchesName(std::span<const std::string_view> fqn, bool is_versioned) const;
  bool BeginsLiterally(std::span<const std::string_view> fqn) const;

  std::string_view pattern_;
  bool finds_names_;
  std::vector<std::string_view> parts_;
  size_t literal_parts_ = 0;      // those before the first one with a wildcard
  std::optional<Glob> rest_;      // the others, if any
  std::string versioned_ending_;  // the last two parts, "orders_v2"
  // Scratch.
  std::vector<std::string_view> flat_;
  std::string joined_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_FQN_PATTERN_H_
