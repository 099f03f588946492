// The unique_ids of a graph's rows.

#ifndef FLATMANIFEST_GRAPH_NODE_NAMES_H_
#define FLATMANIFEST_GRAPH_NODE_NAMES_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "format/document.h"

namespace flatmanifest {

// The names of rows: first those of a document's graph, in the mapping, then names that were added.
// A name keeps its row for ever. Copies are cheap: they share the added names until one of them
// adds more. Const members are safe to call from several threads at once.
class NodeNames {
 public:
  // No names.
  NodeNames() = default;
  // The names of the graph's rows. Borrows the document.
  explicit NodeNames(const Document& document)
      : document_(&document), mapped_(document.resources().graph_count) {}

  uint32_t size() const {
    return mapped_ + (added_ == nullptr ? 0 : static_cast<uint32_t>(added_->names.size()));
  }
  // `row` must be below size(). Valid as long as any copy of these names, and the document, live.
  // Throws FormatError.
  std::string_view Name(Row row) const;
  // The row of a name; kNoRow if there is none. Logarithmic in the document's rows. Throws
  // FormatError.
  Row Find(std::string_view name) const;
  // The row of a name; a new name gets a new row. Throws std::length_error when 32 bits cannot
  // number it.
  Row Add(std::string_view name);

 private:
  struct Added {
    std::deque<std::string> names;  // never move
    std::unordered_map<std::string_view, Row> rows;
  };

  Added& Own();

  const Document* document_ = nullptr;
  uint32_t mapped_ = 0;
  std::shared_ptr<Added> added_;
};

}  // namespace flatmanifest

#endif  // FLATMANIFEST_GRAPH_NODE_NAMES_H_
