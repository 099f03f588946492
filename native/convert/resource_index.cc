#include "convert/resource_index.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/csr.h"

namespace flatmanifest {

namespace {

// The resource_type of members that do not say it themselves (docs, and macros before dbt 1.4).
constexpr std::string_view kDefaultType[kCollectionCount] = {
    "model",     "source",   "exposure", "metric", "semantic_model", "saved_query",
    "unit_test", "function", "macro",    "doc",    "group"};

bool IsInGraph(Collection collection) { return collection < Collection::kMacros; }

struct Resource {
  Collection collection;
  StringId unique_id;
  Cell value;
};

// The ids of the keys that are looked up in every resource; kNoString for keys that never occur.
struct FieldIds {
  explicit FieldIds(const Writer& writer)
      : resource_type(writer.FindString("resource_type")),
        package_name(writer.FindString("package_name")),
        name(writer.FindString("name")),
        path(writer.FindString("path")),
        original_file_path(writer.FindString("original_file_path")),
        patch_path(writer.FindString("patch_path")),
        source_name(writer.FindString("source_name")),
        materialized(writer.FindString("materialized")),
        access(writer.FindString("access")),
        group(writer.FindString("group")),
        fqn(writer.FindString("fqn")),
        tags(writer.FindString("tags")),
        config(writer.FindString("config")),
        version(writer.FindString("version")),
        depends_on(writer.FindString("depends_on")),
        nodes(writer.FindString("nodes")) {}

  StringId resource_type, package_name, name, path, original_file_path, patch_path, source_name,
      materialized, access, group, fqn, tags, config, version, depends_on, nodes;
};

std::vector<Resource> CollectResources(const Writer& writer, Cell root) {
  std::vector<Resource> resources;
  for (int i = 0; i < kCollectionCount; ++i) {
    const auto collection = static_cast<Collection>(i);
    const auto members = writer.Find(root, writer.FindString(CollectionName(collection)));
    if (!members || !members->is(CellKind::kObject)) continue;
    const auto keys = writer.Keys(*members);
    const auto values = writer.Elements(*members);
    for (size_t m = 0; m < keys.size(); ++m) {
      if (values[m].is(CellKind::kObject)) resources.push_back({collection, keys[m], values[m]});
    }
  }
  return resources;
}

// Graph nodes first, each part by unique_id, without repetitions.
void SortResources(const Writer& writer, std::vector<Resource>& resources) {
  std::stable_sort(resources.begin(), resources.end(), [&](const Resource& a, const Resource& b) {
    if (IsInGraph(a.collection) != IsInGraph(b.collection)) return IsInGraph(a.collection);
    return writer.String(a.unique_id) < writer.String(b.unique_id);
  });
  const auto repeated = [](const Resource& a, const Resource& b) {
    return a.unique_id == b.unique_id && IsInGraph(a.collection) == IsInGraph(b.collection);
  };
  resources.erase(std::unique(resources.begin(), resources.end(), repeated), resources.end());
}

ResourceRows BuildRows(Writer& writer, const std::vector<Resource>& resources,
                       const FieldIds& fields) {
  StringId default_type[kCollectionCount];
  for (int i = 0; i < kCollectionCount; ++i) default_type[i] = writer.AddString(kDefaultType[i]);
  const auto string_of = [&](Cell object, StringId key) {
    const auto value = writer.Find(object, key);
    return value && value->is(CellKind::kString) ? value->index() : kNoString;
  };
  const auto first_string = [&](Cell object, Cell fallback, StringId key) {
    const StringId id = string_of(object, key);
    return id != kNoString ? id : string_of(fallback, key);
  };

  ResourceRows rows;
  for (const Resource& resource : resources) {
    const Cell value = resource.value;
    const Cell config = writer.Find(value, fields.config).value_or(Cell::Null());
    const StringId type = string_of(value, fields.resource_type);
    rows.graph_count += IsInGraph(resource.collection) ? 1 : 0;
    rows.collection.push_back(static_cast<uint8_t>(resource.collection));
    rows.unique_id.push_back(resource.unique_id);
    rows.resource_type.push_back(
        type != kNoString ? type : default_type[static_cast<int>(resource.collection)]);
    rows.package_name.push_back(string_of(value, fields.package_name));
    rows.name.push_back(string_of(value, fields.name));
    rows.path.push_back(string_of(value, fields.path));
    rows.original_file_path.push_back(string_of(value, fields.original_file_path));
    rows.patch_path.push_back(string_of(value, fields.patch_path));
    rows.source_name.push_back(string_of(value, fields.source_name));
    rows.materialized.push_back(string_of(config, fields.materialized));
    rows.access.push_back(first_string(value, config, fields.access));
    rows.group.push_back(first_string(value, config, fields.group));
    rows.value.push_back(value);
    rows.fqn.push_back(writer.Find(value, fields.fqn).value_or(Cell::Null()));
    rows.tags.push_back(writer.Find(value, fields.tags).value_or(Cell::Null()));
    rows.config.push_back(config);
    rows.version.push_back(writer.Find(value, fields.version).value_or(Cell::Null()));
  }
  return rows;
}

// An edge for each name in depends_on.nodes that is a row of the graph, from the row that depends.
std::vector<Edge> DependencyEdges(const Writer& writer, const ResourceRows& rows,
                                  const FieldIds& fields) {
  // By string id: unique ids are few among the strings, but this is one load per dependency.
  std::vector<Row> row_of(writer.string_count(), kNoRow);
  for (Row row = 0; row < rows.graph_count; ++row) row_of[rows.unique_id[row]] = row;

  std::vector<Edge> edges;
  for (Row row = 0; row < rows.graph_count; ++row) {
    const auto depends_on = writer.Find(rows.value[row], fields.depends_on);
    if (!depends_on) continue;
    const auto names = writer.Find(*depends_on, fields.nodes);
    if (!names || !names->is(CellKind::kArray)) continue;
    for (const Cell name : writer.Elements(*names)) {
      if (!name.is(CellKind::kString)) continue;
      const Row parent = row_of[name.index()];
      if (parent != kNoRow) edges.push_back({row, parent});
    }
  }
  return edges;
}

}  // namespace

ResourceIndex BuildResourceIndex(Writer& writer, Cell root) {
  std::vector<Resource> resources = CollectResources(writer, root);
  SortResources(writer, resources);
  const FieldIds fields(writer);
  ResourceIndex index;
  index.rows = BuildRows(writer, resources, fields);
  index.parents = BuildCsr(index.rows.graph_count, DependencyEdges(writer, index.rows, fields));
  index.children = Transpose(index.parents);
  return index;
}

}  // namespace flatmanifest
