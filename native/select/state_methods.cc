#include "select/state_methods.h"

namespace flatmanifest {

RowSet SearchState(const Document&, const PreviousState&, const RowSet&, std::string_view,
                   std::vector<std::string>&) {
  throw SelectionError("Got a state selector method, but no comparison manifest");
}

RowSet SearchResult(const Document&, const PreviousState&, const RowSet&, std::string_view) {
  throw SelectionError("No comparison run_results");
}

RowSet SearchSourceStatus(const Document&, const PreviousState&, const RowSet&, std::string_view) {
  throw SelectionError("No previous state comparison freshness results in sources.json");
}

}  // namespace flatmanifest
