// Finds the resources that a literal value of fqn: may mean, for selections that name thousands.

#ifndef FLATMANIFEST_SELECT_FQN_INDEX_H_
#define FLATMANIFEST_SELECT_FQN_INDEX_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "format/document.h"

namespace flatmanifest {

// The strings of a resource's fully qualified name; empty if it has none.
void ReadFqn(const Document& document, Row row, std::vector<std::string_view>& fqn);

// By hash: what it finds is a superset of what matches, and includes all versioned models.
class FqnIndex {
 public:
  // Takes time in proportion to all names. Throws FormatError.
  explicit FqnIndex(const Document& document);

  // Calls visit(row) for each row that `name`, without wildcards, may match; some twice.
  template <typename Visit>
  void ForEachCandidate(std::string_view name, Visit visit) const {
    const auto [begin, end] = Range(name);
    for (size_t i = begin; i < end; ++i) visit(entries_[i].row);
    for (const Row row : versioned_) visit(row);
  }

 private:
  struct Entry {
    size_t hash;
    Row row;
  };
  struct Bounds {
    size_t begin;
    size_t end;
  };

  Bounds Range(std::string_view name) const;
  void Add(std::string_view name, Row row);

  std::vector<Entry> entries_;  // by hash
  std::vector<Row> versioned_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_SELECT_FQN_INDEX_H_
