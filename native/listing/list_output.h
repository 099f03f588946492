// The output of `dbt ls` for selected resources: dbt/task/list.py.
//
// dbt lists the nodes that it holds in memory. The manifest that it writes has the same fields in
// the same order, with two exceptions. Some fields always have the same value while dbt lists
// (defer_relation, batch, defer_function, _event_status); they are shown with that value if they
// are requested. Others are only known in dbt's memory (config_call_dict,
// unrendered_config_call_dict); they are left out, like any field that a resource lacks.

#ifndef FLATMANIFEST_LISTING_LIST_OUTPUT_H_
#define FLATMANIFEST_LISTING_LIST_OUTPUT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convert/text_buffer.h"
#include "format/document.h"

namespace flatmanifest {

enum class ListFormat : uint8_t {
  kSelector,  // what selects the resource: "shop.marts.orders", "source:shop.raw.orders"
  kName,      // its name for searching: "orders.v2", "raw.orders"
  kPath,      // its original_file_path
  kJson,      // an object of its fields
};

// Appends the lines for `rows`, in their order, each with a line end. For kJson, `keys` are the
// fields to show, in their order; "config.materialized" is a field of a field. Before dbt 1.11 the
// fields come in the resource's order, and a key with a dot shows nothing (Dialect::has_key_paths;
// the dialect is that of the dbt that wrote the manifest). Without keys, the fields that dbt shows.
// Fields that a resource lacks are left out; so are nested ones that are null. Throws FormatError
// where the document is damaged. Linear in what is written. If `ends` is given, the offset in `out`
// behind each line end is added to it.
void WriteList(const Document& document, std::span<const Row> rows, ListFormat format,
               const std::vector<std::string>& keys, TextBuffer& out,
               std::vector<size_t>* ends = nullptr);

// The resource's search name, as --output name shows it: dbt/contracts/graph/nodes.py, search_name.
std::string SearchName(const Document& document, Row row);

}  // namespace flatmanifest

#endif  // FLATMANIFEST_LISTING_LIST_OUTPUT_H_
