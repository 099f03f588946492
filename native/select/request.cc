#include "select/request.h"

#include "select/python_text.h"

namespace flatmanifest {

IndirectSelection ParseIndirectSelection(std::string_view name) {
  if (name == "eager") return IndirectSelection::kEager;
  if (name == "cautious") return IndirectSelection::kCautious;
  if (name == "buildable") return IndirectSelection::kBuildable;
  if (name == "empty") return IndirectSelection::kEmpty;
  throw SelectionError(Repr(name) + " is not a valid IndirectSelection");
}

}  // namespace flatmanifest
