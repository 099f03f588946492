// Finds the candidates for a literal value of fqn: without looking at all resources.

#ifndef FLATMANIFEST_SELECT_FQN_INDEX_H_
#define FLATMANIFEST_SELECT_FQN_INDEX_H_

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "format/document.h"
#include "select/fqn_pattern.h"

namespace flatmanifest {

// The strings of a resource's fully qualified name; empty if it has none.
void ReadFqn(const Document& document, Row row, std::vector<std::string_view>& fqn);

// An index by hash: it finds a superset of the matches.
class FqnIndex {
 public:
  // Takes time in proportion to all names. Throws FormatError.
  explicit FqnIndex(const Document& document);

  // Calls visit(row) for each row that `pattern`, without wildcards, may match; for some twice.
  template <typename Visit>
  void ForEachCandidate(const FqnPattern& pattern, Visit visit) const {
    for (const std::string_view name : {pattern.text(), pattern.versioned_ending()}) {
      const auto [begin, end] = Range(name);
      for (size_t i = begin; i < end; ++i) visit(entries_[i].row);
    }
  }

 private:
  struct Entry {
    uint32_t hash;
    Row row;
  };
  struct Bounds {
    size_t begin;
    size_t end;
  };

  Bounds Range(std::string_view name) const;
  void Add(std::string_view name, Row row);
  void AddVersioned(std::string_view name, std::string_view version, Row row);

  std::vector<Entry> entries_;  // by hash
};

// The index of a document, made after some searches. Safe from several threads.
class LazyFqnIndex {
 public:
  // Counts one more search. Returns the index; null for the first searches, when making it would
  // cost more than looking at every resource.
  const FqnIndex* ForOneMore(const Document& document) const {
    if (searches_.fetch_add(1, std::memory_order_relaxed) < kSearchesWithout) return nullptr;
    std::call_once(made_, [&] { index_.emplace(document); });
    return &*index_;
  }

 private:
  static constexpr uint64_t kSearchesWithout = 2;  // making it costs about as much as four

  mutable std::atomic<uint64_t> searches_{0};
  mutable std::once_flag made_;
  mutable std::optional<FqnIndex> index_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_FQN_INDEX_H_
