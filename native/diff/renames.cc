#include "diff/renames.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "convert/json_writer.h"
#include "convert/text_buffer.h"
#include "select/row_fields.h"
#include "select/state/manifest_comparison.h"

namespace flatmanifest {

namespace {

// The fields of resources without code that say what and where they are, not what they mean.
constexpr std::string_view kIdentity[] = {"unique_id",          "name",       "fqn",       "path",
                                          "original_file_path", "patch_path", "created_at"};

// A text in a string: most contents are short, and there may be thousands.
class ShortText final : public TextBuffer {
 protected:
  char* Reallocate(size_t capacity) override {
    text_.resize(capacity);
    return text_.data();
  }

 private:
  std::string text_;
};

class ContentsText {
 public:
  ContentsText(const Document& document, Row row)
      : document_(document), resource_(ResourceAt(document, row)), row_(row) {}

  // Text that is equal for resources with the same contents; "" if there are none.
  std::string Of() {
    Begin();
    switch (resource_.collection) {
      case Collection::kSources:
        for (const std::string_view name : {"database", "schema", "identifier"}) AppendField(name);
        return Text();
      case Collection::kUnitTests:
        if (resource_.Get("checksum").Text().empty()) return "";
        AppendField("checksum");
        return Text();
      case Collection::kNodes:
      case Collection::kFunctions:
        return resource_.type() == "seed" ? OfSeed() : OfCode();
      default:
        AppendOtherFields(resource_.value, kIdentity);
        return Text();
    }
  }

  bool IsGenericTest() const { return resource_.IsGenericTest(); }

  std::string_view AttachedNode() const { return resource_.Get("attached_node").Text(); }

  // The same for a generic test of `attached_node`.
  std::string OfGenericTest(std::string_view attached_node) {
    if (attached_node.empty()) return "";
    const Value test = resource_.Get("test_metadata");
    Begin();
    AppendText(attached_node);
    AppendField("column_name");
    AppendValue(test.Get("namespace"));
    AppendValue(test.Get("name"));
    static constexpr std::string_view kTested[] = {"model"};
    AppendOtherFields(test.Get("kwargs"), kTested);
    return Text();
  }

 private:
  std::string OfSeed() {
    const Value checksum = resource_.Get("checksum");
    const bool is_hash = checksum.Get("name").Text() == "sha256";
    if (!is_hash || checksum.Get("checksum").Text().empty()) return "";
    AppendValue(checksum.Get("checksum"));
    return Text();
  }

  std::string OfCode() {
    const Value raw_code = resource_.Get("raw_code");
    const Value code = raw_code.is_null() ? resource_.Get("raw_sql") : raw_code;  // before dbt 1.3
    if (code.Text().empty()) return "";
    AppendValue(code);
    AppendField("language");
    return Text();
  }

  void Begin() {
    const ResourceColumns& columns = document_.resources();
    text_.Append(static_cast<char>(resource_.collection));
    AppendText(ColumnText(document_, columns.resource_type[row_]));
    AppendText(ColumnText(document_, columns.package_name[row_]));
    AppendField("version");
  }

  // All fields of an object but some, in the order of their names.
  void AppendOtherFields(const Value& object, std::span<const std::string_view> left_out) {
    std::vector<std::pair<std::string_view, Cell>> fields;
    ForEachMember(object, [&](std::string_view key, const Value& value) {
      if (std::find(left_out.begin(), left_out.end(), key) == left_out.end()) {
        fields.emplace_back(key, value.cell);
      }
    });
    std::sort(fields.begin(), fields.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [key, cell] : fields) {
      AppendText(key);
      WriteJson(document_, cell, text_);
    }
  }

  void AppendText(std::string_view text) {
    text_.Append(text);
    text_.Append('\0');
  }
  void AppendValue(const Value& value) {
    if (value.cell.is(CellKind::kString)) {
      text_.Append('"');
      text_.Append(value.Text());
    } else if (!value.is_null()) {
      WriteJson(document_, value.cell, text_);
    }
    text_.Append('\0');
  }
  void AppendField(std::string_view name) { AppendValue(resource_.Get(name)); }
  std::string Text() const { return std::string(text_.text()); }

  const Document& document_;
  const Resource resource_;
  const Row row_;
  ShortText text_;
};

// Finds pairs of the removed and added resources that alone have the same contents.
class Pairs {
 public:
  void AddRemoved(std::string contents, Row row) { Add(std::move(contents), row, &Group::removed); }
  void AddAdded(std::string contents, Row row) { Add(std::move(contents), row, &Group::added); }

  void Find(std::vector<Rename>& renames) const {
    for (const auto& [contents, group] : groups_) {
      if (group.removed.size() == 1 && group.added.size() == 1) {
        renames.push_back({group.removed.front(), group.added.front()});
      }
    }
  }

 private:
  struct Group {
    std::vector<Row> removed;
    std::vector<Row> added;
  };

  void Add(std::string contents, Row row, std::vector<Row> Group::*side) {
    if (!contents.empty()) (groups_[std::move(contents)].*side).push_back(row);
  }

  std::unordered_map<std::string, Group> groups_;
};

}  // namespace

std::vector<Rename> FindRenames(const Document& old_document,
                                std::span<const RemovedResource> removed, const Document& document,
                                std::span<const Row> added) {
  if (removed.empty() || added.empty()) return {};
  std::vector<Rename> renames;
  Pairs pairs;
  for (const RemovedResource& each : removed) {
    ContentsText contents(old_document, each.row);
    if (!each.is_disabled && !contents.IsGenericTest()) pairs.AddRemoved(contents.Of(), each.row);
  }
  for (const Row row : added) {
    ContentsText contents(document, row);
    if (!contents.IsGenericTest()) pairs.AddAdded(contents.Of(), row);
  }
  pairs.Find(renames);

  // The tests of a renamed model are those of its new name.
  std::unordered_map<std::string_view, std::string_view> new_ids;
  for (const Rename& rename : renames) {
    new_ids[old_document.String(old_document.resources().unique_id[rename.old_row])] =
        document.String(document.resources().unique_id[rename.row]);
  }
  Pairs tests;
  for (const RemovedResource& each : removed) {
    ContentsText contents(old_document, each.row);
    if (each.is_disabled || !contents.IsGenericTest()) continue;
    const auto renamed = new_ids.find(contents.AttachedNode());
    tests.AddRemoved(contents.OfGenericTest(renamed == new_ids.end() ? contents.AttachedNode()
                                                                     : renamed->second),
                     each.row);
  }
  for (const Row row : added) {
    ContentsText contents(document, row);
    if (contents.IsGenericTest()) {
      tests.AddAdded(contents.OfGenericTest(contents.AttachedNode()), row);
    }
  }
  tests.Find(renames);
  std::sort(renames.begin(), renames.end(),
            [](const Rename& a, const Rename& b) { return a.row < b.row; });
  return renames;
}

}  // namespace flatmanifest
