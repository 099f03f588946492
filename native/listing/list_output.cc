#include "listing/list_output.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "convert/json_writer.h"
#include "convert/number_text.h"
#include "listing/shown_fields.h"
#include "select/dialect.h"
#include "select/python_repr.h"
#include "select/python_text.h"
#include "select/row_fields.h"

namespace flatmanifest {

namespace {

constexpr std::string_view kDirectParents = "direct_parents";

// A field that dbt's nodes have in memory while they are listed, and that no manifest holds.
struct MemoryField {
  std::string_view resource_type;
  std::string_view name;
  std::string_view json;    // its value while dbt lists
  std::string_view before;  // the field that follows it in the node's dataclass; "": it is the last
};
constexpr MemoryField kMemoryFields[] = {{"model", "defer_relation", "null", "primary_key"},
                                         {"model", "batch", "null", ""},
                                         {"seed", "defer_relation", "null", ""},
                                         {"snapshot", "defer_relation", "null", ""},
                                         {"function", "defer_function", "null", ""},
                                         {"source", "_event_status", "{}", ""},
                                         {"unit_test", "_event_status", "{}", ""}};

// The method that finds resources of a type by "package.name"; "" for types that fqn finds.
std::string_view MethodOf(std::string_view resource_type) {
  static constexpr std::string_view kNamed[] = {"exposure", "metric", "saved_query",
                                                "semantic_model", "unit_test"};
  const auto* found = std::find(std::begin(kNamed), std::end(kNamed), resource_type);
  return found == std::end(kNamed) ? std::string_view() : *found;
}

void AppendSelector(const Document& document, Row row, TextBuffer& out) {
  const ResourceColumns& rows = document.resources();
  const std::string_view type = ColumnText(document, rows.resource_type[row]);
  const std::string_view name = ColumnText(document, rows.name[row]);
  const std::string_view package = ColumnText(document, rows.package_name[row]);
  if (type == "source") {
    out.Append("source:");
    out.Append(package);
    out.Append('.');
    out.Append(ColumnText(document, rows.source_name[row]));
    out.Append('.');
    out.Append(name);
    return;
  }
  if (const std::string_view method = MethodOf(type); !method.empty()) {
    out.Append(method);
    out.Append(':');
    out.Append(package);
    out.Append('.');
    out.Append(name);
    // UnitTestDefinition.versioned_name.
    if (type == "unit_test" && !rows.version[row].is(CellKind::kNull)) {
      out.Append("_v");
      out.Append(Str(document, rows.version[row]));
    }
    return;
  }
  bool is_first = true;
  if (!rows.fqn[row].is(CellKind::kArray)) return;
  for (const Cell part : document.Elements(rows.fqn[row])) {
    if (!is_first) out.Append('.');
    if (part.is(CellKind::kString)) out.Append(document.String(part.index()));
    is_first = false;
  }
}

// Writes the objects of --output json.
class JsonLines {
 public:
  JsonLines(const Document& document, const std::vector<std::string>& keys, TextBuffer& out)
      : document_(document), keys_(keys), out_(out), writer_(document, out) {}

  void Write(Row row) {
    const Cell resource = document_.resources().value[row];
    out_.Append('{');
    is_first_ = true;
    if (keys_.empty()) {
      WriteShown(resource);
      if (const auto parents = DirectParents(row)) WriteField(kDirectParents, *parents);
    } else if (dialect_.has_key_paths) {
      WriteKeys(row, resource);
    } else {
      WriteKeysInOrderOfFields(row, resource);
    }
    out_.Append('}');
  }

 private:
  void WriteShown(Cell resource) {
    const auto names = document_.Keys(resource);
    const auto values = document_.Elements(resource);
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string_view name = document_.String(names[i]);
      if (std::find(std::begin(kShownFields), std::end(kShownFields), name) !=
          std::end(kShownFields)) {
        WriteField(name, values[i]);
      }
    }
  }

  void WriteKeys(Row row, Cell resource) {
    // A repeated key is written once, like a key of a Python dict.
    for (size_t i = 0; i < keys_.size(); ++i) {
      const std::string& key = keys_[i];
      if (std::find(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(i), key) !=
          keys_.begin() + static_cast<std::ptrdiff_t>(i)) {
        continue;
      }
      const bool is_nested = key.find('.') != std::string::npos;
      auto value = is_nested ? FindNested(resource, key) : FindField(document_, resource, key);
      if (!value && key == kDirectParents) value = DirectParents(row);
      if (value && !(is_nested && value->is(CellKind::kNull))) {
        WriteField(key, *value);
      } else if (!value) {
        WriteMemoryField(row, key);
      }
    }
  }

  // ListTask.generate_json before dbt 1.11: a key with a dot names no field.
  void WriteKeysInOrderOfFields(Row row, Cell resource) {
    const auto names = document_.Keys(resource);
    const auto values = document_.Elements(resource);
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string_view name = document_.String(names[i]);
      WriteMemoryFieldsBefore(row, resource, name);
      if (IsKey(name)) WriteField(name, values[i]);
    }
    WriteMemoryFieldsBefore(row, resource, "");
  }

  void WriteMemoryFieldsBefore(Row row, Cell resource, std::string_view next) {
    const std::string_view type = ResourceType(row);
    for (const MemoryField& field : kMemoryFields) {
      if (field.resource_type != type || field.before != next || !IsKey(field.name)) continue;
      if (!FindField(document_, resource, field.name)) WriteMemoryField(field);
    }
  }

  void WriteMemoryField(Row row, std::string_view name) {
    const std::string_view type = ResourceType(row);
    for (const MemoryField& field : kMemoryFields) {
      if (field.resource_type == type && field.name == name) WriteMemoryField(field);
    }
  }

  void WriteMemoryField(const MemoryField& field) {
    StartField(field.name);
    out_.Append(field.json);
  }

  bool IsKey(std::string_view name) const {
    return std::find(keys_.begin(), keys_.end(), name) != keys_.end();
  }

  std::string_view ResourceType(Row row) const {
    return ColumnText(document_, document_.resources().resource_type[row]);
  }

  // ManifestLoader._backfill_direct_parents: the dependencies of a model.
  std::optional<Cell> DirectParents(Row row) const {
    if (!dialect_.lists_direct_parents || ResourceType(row) != "model") return std::nullopt;
    return FindNested(document_.resources().value[row], "depends_on.nodes");
  }

  // ListTask._get_nested_value.
  std::optional<Cell> FindNested(Cell value, std::string_view path) const {
    for (const std::string_view name : Split(path, '.')) {
      const auto found = FindField(document_, value, name);
      if (!found) return std::nullopt;
      value = *found;
    }
    return value;
  }

  void StartField(std::string_view name) {
    if (!is_first_) out_.Append(", ");
    is_first_ = false;
    AppendJsonString(name, out_);
    out_.Append(": ");
  }

  void WriteField(std::string_view name, Cell value) {
    StartField(name);
    writer_.Write(value);
  }

  const Document& document_;
  const std::vector<std::string>& keys_;
  TextBuffer& out_;
  JsonWriter writer_;
  const Dialect dialect_ = DialectOf(DbtVersion(document_));
  bool is_first_ = true;
};

}  // namespace

std::string SearchName(const Document& document, Row row) {
  const ResourceColumns& rows = document.resources();
  const std::string_view type = ColumnText(document, rows.resource_type[row]);
  std::string name(ColumnText(document, rows.name[row]));
  if (type == "source") {
    return std::string(ColumnText(document, rows.source_name[row])) + "." + name;
  }
  if (type == "model" && !rows.version[row].is(CellKind::kNull)) {
    name += ".v" + Str(document, rows.version[row]);
  }
  return name;
}

void WriteList(const Document& document, std::span<const Row> rows, ListFormat format,
               const std::vector<std::string>& keys, TextBuffer& out, std::vector<size_t>* ends) {
  std::optional<JsonLines> json;
  if (format == ListFormat::kJson) json.emplace(document, keys, out);
  for (const Row row : rows) {
    switch (format) {
      case ListFormat::kSelector:
        AppendSelector(document, row, out);
        break;
      case ListFormat::kName:
        out.Append(SearchName(document, row));
        break;
      case ListFormat::kPath:
        out.Append(ColumnText(document, document.resources().original_file_path[row]));
        break;
      case ListFormat::kJson:
        json->Write(row);
        break;
    }
    out.Append('\n');
    if (ends != nullptr) ends->push_back(out.size());
  }
}

}  // namespace flatmanifest
