#include "listing/artifact_lines.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>
#include <unordered_map>

#include "convert/json_split.h"
#include "convert/json_writer.h"
#include "convert/text_buffer.h"
#include "listing/shown_fields.h"
#include "select/dialect.h"
#include "select/python_text.h"
#include "store/input_file.h"

namespace flatmanifest {

namespace {

// The sections that dbt lists from, in its order: ListTask._iterate_selected_nodes.
constexpr std::string_view kListed[] = {"nodes",         "sources",         "exposures",
                                        "metrics",       "semantic_models", "unit_tests",
                                        "saved_queries", "functions"};

// Fields that dbt's nodes have in memory and that artifacts lack, always or sometimes, in dbt-core
// 1.10 to 1.12.
constexpr std::string_view kMemoryOnly[] = {"batch",
                                            "config_call_dict",
                                            "defer_function",
                                            "defer_relation",
                                            "previous_batch_results",
                                            "previous_overload_results",
                                            "unrendered_config_call_dict"};

constexpr std::string_view kDirectParents = "direct_parents";

template <typename Names>
bool IsAmong(std::string_view name, const Names& names) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Behind a value is more text, which serves as the padding that simdjson reads.
simdjson::padded_string_view Within(simdjson::padded_string_view text, const JsonMember& member) {
  return simdjson::padded_string_view(text.data() + member.begin, member.end - member.begin,
                                      text.capacity() - member.begin);
}

// A JSON object within a text that can be read past its end.
class ObjectText {
 public:
  // Borrows the splitter.
  ObjectText(simdjson::padded_string_view text, JsonObjectSplitter& splitter)
      : text_(text), splitter_(splitter), members_(splitter.Split(text)) {}

  const std::vector<JsonMember>& members() const { return members_; }
  std::string_view Text(const JsonMember& member) const { return PaddedText(member); }

  std::optional<std::string_view> Find(std::string_view key) const {
    const JsonMember* member = FindMember(key);
    if (member == nullptr) return std::nullopt;
    return Text(*member);
  }

  // ListTask._get_nested_value: null gives nothing.
  std::optional<std::string_view> FindNested(std::span<const std::string_view> path) const {
    const JsonMember* member = FindMember(path.front());
    if (member == nullptr || Text(*member) == "null") return std::nullopt;
    if (path.size() == 1) return Text(*member);
    if (!Text(*member).starts_with('{')) return std::nullopt;
    return ObjectText(PaddedText(*member), splitter_).FindNested(path.subspan(1));
  }

 private:
  const JsonMember* FindMember(std::string_view key) const {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [key](const JsonMember& each) { return each.key == key; });
    return found == members_.end() ? nullptr : &*found;
  }
  simdjson::padded_string_view PaddedText(const JsonMember& member) const {
    return Within(text_, member);
  }

  simdjson::padded_string_view text_;
  JsonObjectSplitter& splitter_;
  std::vector<JsonMember> members_;
};

class LineWriter {
 public:
  // `direct_parents`: those of a model, if dbt lists them.
  LineWriter(const ObjectText& resource, std::optional<std::string_view> direct_parents)
      : resource_(resource), direct_parents_(direct_parents) {
    line_.Append('{');
  }

  void WriteShown() {
    for (const JsonMember& member : resource_.members()) {
      if (IsAmong(member.key, kShownFields)) Write(member.key, resource_.Text(member));
    }
    if (direct_parents_) Write(kDirectParents, *direct_parents_);
  }

  void WriteKeys(const std::vector<std::string>& keys) {
    for (auto key = keys.begin(); key != keys.end(); ++key) {
      // A repeated key is written once, like a key of a Python dict.
      if (std::find(keys.begin(), key, *key) != key) continue;
      const bool is_nested = key->find('.') != std::string::npos;
      const auto value = is_nested ? resource_.FindNested(Split(*key, '.')) : Find(*key);
      if (value) Write(*key, *value);
    }
  }

  void WriteKeysInOrderOfFields(const std::vector<std::string>& keys) {
    for (const JsonMember& member : resource_.members()) {
      if (IsAmong(member.key, keys)) Write(member.key, resource_.Text(member));
    }
  }

  std::string Finish() {
    line_.Append('}');
    return std::string(line_.text());
  }

 private:
  std::optional<std::string_view> Find(std::string_view key) const {
    return key == kDirectParents ? direct_parents_ : resource_.Find(key);
  }

  void Write(std::string_view key, std::string_view value) {
    if (!is_first_) line_.Append(", ");
    is_first_ = false;
    AppendJsonString(key, line_);
    line_.Append(": ");
    line_.Append(value);
  }

  const ObjectText& resource_;
  const std::optional<std::string_view> direct_parents_;
  BulkText line_;
  bool is_first_ = true;
};

bool AsksForMemory(const std::vector<std::string>& keys) {
  return std::any_of(keys.begin(), keys.end(), [](const std::string& key) {
    return key.starts_with('_') || IsAmong(key.substr(0, key.find('.')), kMemoryOnly);
  });
}

using Places = std::unordered_map<std::string_view, const JsonMember*>;

Places PlacesOf(const std::vector<JsonSection>& sections) {
  Places places;
  for (const std::string_view listed : kListed) {
    for (const JsonSection& section : sections) {
      if (section.whole.key != listed) continue;
      for (const JsonMember& member : section.members) places.emplace(member.key, &member);
    }
  }
  return places;
}

// The dialect of the dbt that wrote the file.
Dialect DialectOfWriter(simdjson::padded_string_view text,
                        const std::vector<JsonSection>& sections) {
  for (const JsonSection& section : sections) {
    if (section.whole.key != "metadata") continue;
    for (const JsonMember& member : section.members) {
      if (member.key != "dbt_version" || member.end - member.begin < 2) continue;
      return DialectOf(
          std::string_view(text.data() + member.begin + 1, member.end - member.begin - 2));
    }
  }
  return {};
}

std::string LineOf(const ObjectText& resource, bool is_model, const std::vector<std::string>& keys,
                   const Dialect& dialect) {
  // ManifestLoader._backfill_direct_parents: the dependencies of a model of the project.
  constexpr std::string_view kParents[] = {"depends_on", "nodes"};
  const bool has_parents = is_model && dialect.lists_direct_parents;
  LineWriter line(resource, has_parents ? resource.FindNested(kParents) : std::nullopt);
  if (keys.empty()) {
    line.WriteShown();
  } else if (dialect.has_key_paths) {
    line.WriteKeys(keys);
  } else {
    line.WriteKeysInOrderOfFields(keys);
  }
  return line.Finish();
}

}  // namespace

std::optional<std::vector<std::string>> ArtifactLines(const std::string& path,
                                                      const std::vector<std::string>& unique_ids,
                                                      const std::vector<std::string>& keys) {
  if (AsksForMemory(keys)) return std::nullopt;
  const InputFile file = ReadInput(path);
  const simdjson::padded_string_view text = file.text.padded();
  const std::vector<JsonSection> sections = SplitJson(text, path);
  const Places places = PlacesOf(sections);
  const Dialect dialect = DialectOfWriter(text, sections);
  JsonObjectSplitter splitter(path);
  std::vector<std::string> lines;
  lines.reserve(unique_ids.size());
  for (const std::string& unique_id : unique_ids) {
    const auto found = places.find(unique_id);
    if (found == places.end()) return std::nullopt;
    const ObjectText resource(Within(text, *found->second), splitter);
    lines.push_back(LineOf(resource, unique_id.starts_with("model."), keys, dialect));
  }
  return lines;
}

}  // namespace flatmanifest
