#include "select/request.h"

#include <algorithm>
#include <iterator>

#include "select/python_text.h"

namespace flatmanifest {

IndirectSelection ParseIndirectSelection(std::string_view name) {
  const auto* const found =
      std::find(std::begin(kIndirectSelectionNames), std::end(kIndirectSelectionNames), name);
  if (found == std::end(kIndirectSelectionNames)) {
    throw SelectionError(Repr(name) + " is not a valid IndirectSelection");
  }
  return static_cast<IndirectSelection>(found - std::begin(kIndirectSelectionNames));
}

}  // namespace flatmanifest
