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

// Names for rows: those of a document's graph, in the mapping, and after them names that were
// added. A name keeps its row for ever. Copies are cheap: they share what was added until either
// adds more. Const members are safe to call from several threads at once.
class NodeNames {
 public:
  // None.
  NodeNames() = default;
  // Those of the graph's rows. Borrows the document.
  explicit NodeNames(const Document& document)
      : document_(&document), mapped_(document.resources().graph_count) {}

  uint32_t size() const {
    return mapped_ + (added_ == nullptr ? 0 : static_cast<uint32_t>(added_->names.size()));
  }
  // `row` must be below size(). Valid as long as any copy of these names, and the document, live.
  // Throws FormatError.
  std::string_view Name(Row row) const;
  // kNoRow if there is no such name. Logarithmic in the document's rows. Throws FormatError.
  Row Find(std::string_view name) const;
  // The row of the name, which is given one if it has none. Throws std::length_error when 32 bits
  // cannot number it.
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
