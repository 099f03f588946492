#include "graph/walk.h"

namespace flatmanifest {

MetRows::MetRows(uint32_t row_limit) {
  thread_local std::vector<uint64_t> bits;  // all clear, as large as the largest graph walked
  const size_t words = (size_t{row_limit} + 63) / 64;
  if (bits.size() < words) bits.resize(words);
  bits_ = bits.data();
}

}  // namespace flatmanifest
