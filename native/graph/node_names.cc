#include "graph/node_names.h"

#include <stdexcept>

namespace flatmanifest {

std::string_view NodeNames::Name(Row row) const {
  if (row >= mapped_) return added_->names[row - mapped_];
  return document_->String(document_->resources().unique_id[row]);
}

Row NodeNames::Find(std::string_view name) const {
  if (document_ != nullptr) {
    const Row row = document_->FindRow(name);
    if (row < mapped_) return row;
  }
  if (added_ == nullptr) return kNoRow;
  const auto found = added_->rows.find(name);
  return found == added_->rows.end() ? kNoRow : found->second;
}

Row NodeNames::Add(std::string_view name) {
  const Row known = Find(name);
  if (known != kNoRow) return known;
  const Row row = size();
  if (row == kNoRow) throw std::length_error("a graph of more rows than 32 bits can number");
  Added& added = Own();
  const std::string& kept = added.names.emplace_back(name);
  added.rows.emplace(kept, row);
  return row;
}

NodeNames::Added& NodeNames::Own() {
  if (added_ == nullptr) {
    added_ = std::make_shared<Added>();
  } else if (added_.use_count() != 1) {
    auto own = std::make_shared<Added>();
    own->names = added_->names;
    own->rows.reserve(own->names.size());
    for (const std::string& name : own->names) {
      own->rows.emplace(name, mapped_ + static_cast<Row>(own->rows.size()));
    }
    added_ = std::move(own);
  }
  return *added_;
}

}  // namespace flatmanifest
