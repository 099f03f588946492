#include "convert/resource_index.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "format/interruption.h"
#include "graph/csr.h"

namespace flatmanifest {

namespace {

// The resource_type of members without one (docs, and macros before dbt 1.4).
constexpr std::string_view kDefaultType[kCollectionCount] = {
    "model",     "source",   "exposure", "metric", "semantic_model", "saved_query",
    "unit_test", "function", "macro",    "doc",    "group"};

bool IsInGraph(Collection collection) { return collection < Collection::kMacros; }

struct Resource {
  Collection collection;
  StringId unique_id;
  Cell value;
};

// The fields that are looked up in every resource or in its parts.
enum Field {
  kResourceType,
  kPackageName,
  kName,
  kPath,
  kOriginalFilePath,
  kPatchPath,
  kSourceName,
  kMaterialized,
  kAccess,
  kGroup,
  kFqn,
  kTags,
  kConfig,
  kVersion,
  kDependsOn,
  kNodes,
  kFieldCount,
};

constexpr std::string_view kFieldNames[kFieldCount] = {
    "resource_type", "package_name", "name",         "path",    "original_file_path",
    "patch_path",    "source_name",  "materialized", "access",  "group",
    "fqn",           "tags",         "config",       "version", "depends_on",
    "nodes"};

// Looks fields up in objects. The place of a field is found once per shape: thousands of resources
// have a handful of shapes.
class FieldFinder {
 public:
  explicit FieldFinder(const Writer& writer) : writer_(writer) {
    for (int field = 0; field < kFieldCount; ++field) {
      ids_[field] = writer.FindString(kFieldNames[field]);
    }
  }

  // The field of an object; null if there is none, or `object` is no object.
  Cell Find(Cell object, Field field) {
    if (!object.is(CellKind::kObject)) return Cell::Null();
    const uint32_t place = Places(object)[field];
    return place == kNowhere ? Cell::Null() : writer_.Elements(object)[place];
  }

  // The string of a field; kNoString if there is none, or it is no string.
  StringId FindString(Cell object, Field field) {
    const Cell value = Find(object, field);
    return value.is(CellKind::kString) ? value.index() : kNoString;
  }

 private:
  static constexpr uint32_t kNowhere = kNoString;
  using ShapePlaces = std::array<uint32_t, kFieldCount>;

  const ShapePlaces& Places(Cell object) {
    const auto [entry, is_new] = places_.try_emplace(object.aux());
    if (is_new) {
      entry->second.fill(kNowhere);
      const auto keys = writer_.Keys(object);
      for (uint32_t place = 0; place < keys.size(); ++place) {
        for (int field = 0; field < kFieldCount; ++field) {
          if (keys[place] == ids_[field]) entry->second[field] = place;
        }
      }
    }
    return entry->second;
  }

  const Writer& writer_;
  std::array<StringId, kFieldCount> ids_;
  std::unordered_map<ShapeId, ShapePlaces> places_;
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

// Nodes of the graph first; each part sorted by unique_id, without repetitions.
void SortResources(Writer& writer, std::vector<Resource>& resources) {
  const auto ranks = writer.KeyRanks();  // every unique_id is a key of its collection
  std::stable_sort(resources.begin(), resources.end(), [&](const Resource& a, const Resource& b) {
    if (IsInGraph(a.collection) != IsInGraph(b.collection)) return IsInGraph(a.collection);
    return ranks[a.unique_id] < ranks[b.unique_id];
  });
  const auto repeated = [](const Resource& a, const Resource& b) {
    return a.unique_id == b.unique_id && IsInGraph(a.collection) == IsInGraph(b.collection);
  };
  resources.erase(std::unique(resources.begin(), resources.end(), repeated), resources.end());
}

ResourceRows BuildRows(Writer& writer, const std::vector<Resource>& resources,
                       FieldFinder& fields) {
  StringId default_type[kCollectionCount];
  for (int i = 0; i < kCollectionCount; ++i) default_type[i] = writer.AddString(kDefaultType[i]);

  ResourceRows rows;
  Patience patience;
  for (const Resource& resource : resources) {
    patience.Step();
    const Cell value = resource.value;
    const Cell config = fields.Find(value, kConfig);
    // dbt keeps both in the node, in its config, or in both.
    const auto node_or_config = [&](Field field) {
      const StringId id = fields.FindString(value, field);
      return id != kNoString ? id : fields.FindString(config, field);
    };
    const StringId type = fields.FindString(value, kResourceType);
    rows.graph_count += IsInGraph(resource.collection) ? 1 : 0;
    rows.collection.push_back(static_cast<uint8_t>(resource.collection));
    rows.unique_id.push_back(resource.unique_id);
    rows.resource_type.push_back(
        type != kNoString ? type : default_type[static_cast<int>(resource.collection)]);
    rows.package_name.push_back(fields.FindString(value, kPackageName));
    rows.name.push_back(fields.FindString(value, kName));
    rows.path.push_back(fields.FindString(value, kPath));
    rows.original_file_path.push_back(fields.FindString(value, kOriginalFilePath));
    rows.patch_path.push_back(fields.FindString(value, kPatchPath));
    rows.source_name.push_back(fields.FindString(value, kSourceName));
    rows.materialized.push_back(fields.FindString(config, kMaterialized));
    rows.access.push_back(node_or_config(kAccess));
    rows.group.push_back(node_or_config(kGroup));
    rows.value.push_back(value);
    rows.fqn.push_back(fields.Find(value, kFqn));
    rows.tags.push_back(fields.Find(value, kTags));
    rows.config.push_back(config);
    rows.version.push_back(fields.Find(value, kVersion));
  }
  return rows;
}

// An edge for each name in depends_on.nodes that is a row of the graph, from that row to the row
// that depends on it.
std::vector<Edge> DependencyEdges(const Writer& writer, const ResourceRows& rows,
                                  FieldFinder& fields) {
  // Indexed by string id. Few strings are unique ids, but this takes one load per dependency.
  std::vector<Row> row_of(writer.string_count(), kNoRow);
  for (Row row = 0; row < rows.graph_count; ++row) row_of[rows.unique_id[row]] = row;

  std::vector<Edge> edges;
  Patience patience;
  for (Row row = 0; row < rows.graph_count; ++row) {
    patience.Step();
    const Cell names = fields.Find(fields.Find(rows.value[row], kDependsOn), kNodes);
    if (!names.is(CellKind::kArray)) continue;
    for (const Cell name : writer.Elements(names)) {
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
  FieldFinder fields(writer);
  ResourceIndex index;
  index.rows = BuildRows(writer, resources, fields);
  index.parents = BuildCsr(index.rows.graph_count, DependencyEdges(writer, index.rows, fields));
  index.children = Transpose(index.parents);
  return index;
}

}  // namespace flatmanifest
